"""How are plain log files searched?  From their ends backwards, within caps, so that a large file costs no more."""

import asyncio
import glob
import re
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import BinaryIO

from tools.base import LogLine, LogPage, LogSearch
from tools.log_lines import Parsed, parse

BLOCK = 1 << 16
LONGEST_LINE = 1 << 16
"""Bytes of one line that are kept; the rest of it is skipped."""
MOST_CONTINUED = 40
"""Lines of a stack trace that are kept with the line above them."""
MOST_UNTIMED = 5000
"""Lines in a row without a time that are looked at."""
DISORDER = timedelta(minutes=1)
"""How far the lines of one file may be out of order."""
MOST_FILES = 200


@dataclass(frozen=True)
class Caps:
    file: int = 16 << 20
    """Bytes that one search reads of one file."""
    search: int = 64 << 20
    """Bytes that one search reads in all."""
    deadline: timedelta = timedelta(seconds=10)
    """Then the search ends with what it has, marked as cut."""


DEFAULT_CAPS = Caps()


class LogFiles:
    """`Logs` over files: JSON lines, or plain text with a time in front; a line without one goes on with that above it.

    The service is what a JSON line names, else the file's name: `cart` for `/var/log/cart.log.1` and for
    `/var/log/cart/current`.
    """

    def __init__(self, paths: Sequence[str], *, zone: tzinfo = UTC, caps: Caps = DEFAULT_CAPS) -> None:
        """`paths`: globs, `**` included. `zone`: of times that name none."""
        self._paths = tuple(paths)
        self._zone = zone
        self._caps = caps

    async def search(self, asked: LogSearch) -> LogPage:
        return await asyncio.to_thread(self._search, asked)

    def _search(self, wanted: LogSearch) -> LogPage:
        files, cut = self._files(wanted.start)
        budget = _Budget(self._caps.search, time.monotonic() + self._caps.deadline.total_seconds())
        found: list[LogLine] = []
        total, unread = 0, ""
        for path in files:
            try:
                here, count = self._in_file(path, wanted, budget)
            except OSError as error:
                unread += f"; not read: {path} ({error.strerror})"
                continue  # one file's permissions must not hide what the others say
            total += count
            found = sorted([*found, *here], key=lambda line: line.at, reverse=True)[: wanted.limit]
        query = f"log files {', '.join(self._paths)} where {wanted}{unread}"
        return LogPage(tuple(found), total, bool(cut or budget.cut or unread or total > len(found)), query)

    def _files(self, start: datetime) -> tuple[list[Path], bool]:
        """The files that may hold something so new, the latest first; and whether there are more."""
        names = {name for pattern in self._paths for name in glob.glob(pattern, recursive=True)}  # noqa: PTH207 (absolute patterns)
        dated = []
        for path in map(Path, names):
            try:
                status = path.stat()
            except OSError:
                continue  # rotated away between the listing and the look
            if path.is_file() and path.suffix not in {".gz", ".xz", ".bz2", ".zst"} and status.st_size:
                dated.append((status.st_mtime, str(path)))
        recent = sorted((pair for pair in dated if pair[0] >= start.timestamp()), reverse=True)
        return [Path(name) for _, name in recent[:MOST_FILES]], len(recent) > MOST_FILES

    def _in_file(self, path: Path, wanted: LogSearch, budget: "_Budget") -> tuple[list[LogLine], int]:
        """The newest matching lines and how many match in all that was read."""
        found: list[LogLine] = []
        count = 0
        with path.open("rb") as file:
            written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            for line in self._lines(file, _service_of(path), written_at, budget):
                if line.at < wanted.start - DISORDER:
                    break
                if wanted.fits(line):
                    count += 1
                    if len(found) < wanted.limit:
                        found.append(line)
        return found, count

    def _lines(self, file: BinaryIO, service: str, written_at: datetime, budget: "_Budget") -> Iterator[LogLine]:
        """The last line first. Lines that name no time are collected until the one above them that does."""
        below: deque[Parsed] = deque(maxlen=MOST_UNTIMED)
        for raw in _backwards(file, self._caps.file, budget):
            parsed = parse(raw.decode("utf-8", "replace").rstrip("\r"), self._zone)
            if parsed.at is None:
                below.appendleft(parsed)
                continue
            yield _line(parsed, parsed.at, service, _shortened([one.message for one in below]))
            below.clear()
        for parsed in reversed(below):
            # No line above names a time: all that is known is when the file was last written.
            yield _line(parsed, written_at, service, [])


@dataclass
class _Budget:
    """What a search may still read."""

    left: int
    until: float
    cut: bool = False

    def allows(self, size: int) -> bool:
        if self.left < size or time.monotonic() > self.until:
            self.cut = True
            return False
        self.left -= size
        return True


def _backwards(file: BinaryIO, most: int, budget: _Budget) -> Iterator[bytes]:
    """The file's lines, the last first; stops where the caps are reached."""
    place = file.seek(0, 2)
    lowest = max(0, place - most)
    rest = b""
    while place > lowest:
        size = min(BLOCK, place - lowest)
        if not budget.allows(size):
            return
        place -= size
        file.seek(place)
        first, *complete = (file.read(size) + rest).split(b"\n")
        yield from (line for line in reversed(complete) if line.strip())
        # Of a line longer than that the end is dropped: its beginning says what it is.
        rest = first[:LONGEST_LINE]
    if place > 0:
        budget.cut = True
    elif rest.strip():
        yield rest


def _shortened(messages: list[str]) -> list[str]:
    """The beginning of a long stack trace and its end, where Python names the error."""
    if len(messages) <= MOST_CONTINUED:
        return messages
    return [*messages[: MOST_CONTINUED - 10], "...", *messages[-10:]]


def _line(parsed: Parsed, at: datetime, service: str, below: Sequence[str]) -> LogLine:
    return LogLine(
        at=at,
        service=parsed.service or service,
        message="\n".join([parsed.message, *below]),
        level=parsed.level,
        pod=parsed.pod,
        trace=parsed.trace,
    )


_GENERIC = frozenset({"app", "application", "output", "current", "stdout", "stderr", "error", "access", "log", "main"})
_NUMBER = re.compile(r"[-_.]?\d+$")


def _service_of(path: Path) -> str:
    name = _NUMBER.sub("", path.name.split(".")[0])
    return name if name and name not in _GENERIC else path.parent.name
