"""Searching plain log files on disk."""

import gzip
import json
import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.base import LogLine, LogSearch
from tools.clients.log_files import Caps, LogFiles

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def written(path: Path, *lines: str, at: datetime = T0 + MINUTE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape"))
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def plain(second: int, message: str) -> str:
    return f"{(T0 + second * SECOND).isoformat()} {message}"


async def test_lines_of_all_files_come_newest_first_under_the_name_of_their_file(tmp_path: Path) -> None:
    written(tmp_path / "cart.log", plain(-1, "too early"), plain(0, "INFO one"), plain(60, "too late"))
    written(tmp_path / "cart.log.1", plain(2, "ERROR rotated"))
    written(tmp_path / "mail" / "current", json.dumps({"ts": (T0 + SECOND).timestamp(), "msg": "two", "level": "warn"}))
    written(tmp_path / "web-1.log", json.dumps({"time": (T0 + 3 * SECOND).isoformat(), "msg": "x", "service": "web"}))
    page = await LogFiles([f"{tmp_path}/**/*"]).search(LogSearch(T0, T0 + MINUTE))
    assert page.lines == (
        LogLine(T0 + 3 * SECOND, "web", "x"),
        LogLine(T0 + 2 * SECOND, "cart", "ERROR rotated", "error"),
        LogLine(T0 + SECOND, "mail", "two", "warning"),
        LogLine(T0, "cart", "INFO one", "info"),
    )
    assert (page.total, page.truncated) == (4, False)
    assert page.query.startswith(
        f'log files {tmp_path}/**/* where {{"services": [], "text": "", "levels": []}} in [2026'
    )


async def test_services_levels_and_text_narrow_the_search(tmp_path: Path) -> None:
    for name in ("cart", "mail", "web"):
        written(
            tmp_path / f"{name}.log", *(plain(n, f"{level} {name} (a") for n, level in enumerate(("INFO", "ERROR")))
        )
    source = LogFiles([f"{tmp_path}/*.log"])
    page = await source.search(LogSearch(T0, T0 + MINUTE, services=("cart", "mail"), levels=("error",), text="(a"))
    assert sorted(line.message for line in page.lines) == ["ERROR cart (a", "ERROR mail (a"]
    assert (await source.search(LogSearch(T0, T0 + MINUTE, text="(b"))).lines == ()


async def test_a_stack_trace_belongs_to_the_line_above_it(tmp_path: Path) -> None:
    trace = ["Traceback (most recent call last):", *(f'  File "x.py", line {n}' for n in range(100)), "KeyError: 1"]
    written(tmp_path / "cart.log", plain(0, "ERROR failed"), *trace, plain(1, "INFO on"))
    [last, first] = (await LogFiles([f"{tmp_path}/*.log"]).search(LogSearch(T0, T0 + MINUTE))).lines
    assert last.message == "INFO on"
    lines = first.message.split("\n")
    assert (lines[:2], lines[-1], len(lines)) == (["ERROR failed", trace[0]], "KeyError: 1", 42)


async def test_lines_without_any_time_have_the_time_of_the_file(tmp_path: Path) -> None:
    written(tmp_path / "cart.log", "one", "error: two", at=T0 + SECOND)
    page = await LogFiles([f"{tmp_path}/*.log"]).search(LogSearch(T0, T0 + MINUTE))
    assert page.lines == (
        LogLine(T0 + SECOND, "cart", "error: two", "error"),
        LogLine(T0 + SECOND, "cart", "one"),
    )


async def test_bad_bytes_and_broken_json_are_lines_like_others(tmp_path: Path) -> None:
    written(
        tmp_path / "cart.log", plain(0, 'half {"a": \udcff'), '{"ts": 17723664, "msg": "no time"}', plain(1, "\x00")
    )
    page = await LogFiles([f"{tmp_path}/*.log"]).search(LogSearch(T0, T0 + MINUTE))
    assert [line.message for line in page.lines] == ["\x00", 'half {"a": \ufffd\nno time']


async def test_beyond_the_limit_the_newest_come_and_all_that_were_read_are_counted(tmp_path: Path) -> None:
    written(tmp_path / "cart.log", *(plain(n, f"line {n}") for n in range(50)))
    page = await LogFiles([f"{tmp_path}/*.log"]).search(LogSearch(T0, T0 + MINUTE, limit=2))
    assert ([line.message for line in page.lines], page.total, page.truncated) == (["line 49", "line 48"], 50, True)


async def test_a_huge_file_is_read_from_its_end_and_within_the_caps(tmp_path: Path) -> None:
    path = tmp_path / "cart.log"
    with path.open("wb") as file:
        file.truncate(10 << 30)  # a hole: it takes no room on the disk
        file.seek(0, 2)
        file.write(b"\n" + "".join(plain(n, f"line {n}") + "\n" for n in range(50)).encode())
    tracemalloc.start()
    page = await LogFiles([f"{tmp_path}/*.log"], caps=Caps(file=1 << 20)).search(LogSearch(T0, T0 + MINUTE))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ([line.message for line in page.lines][:2], page.total, page.truncated) == (["line 49", "line 48"], 50, True)
    assert peak < 16 << 20


async def test_all_files_together_are_read_within_the_caps(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        written(tmp_path / f"{name}.log", *(plain(n, "x" * 1000) for n in range(59) for _ in range(4)))
    page = await LogFiles([f"{tmp_path}/*.log"], caps=Caps(search=300_000)).search(
        LogSearch(T0, T0 + MINUTE, limit=10_000)
    )
    assert page.truncated
    assert 200 < page.total < 3 * 59 * 4


async def test_of_a_line_without_end_the_beginning_is_kept(tmp_path: Path) -> None:
    written(tmp_path / "cart.log", plain(0, "begin " + "x" * 300_000), plain(1, "after"))
    [after, long] = (await LogFiles([f"{tmp_path}/*.log"]).search(LogSearch(T0, T0 + MINUTE))).lines
    assert (after.message, long.message[:8], len(long.message) < 70_000) == ("after", "begin xx", True)


async def test_old_packed_and_empty_files_are_left_alone(tmp_path: Path) -> None:
    written(tmp_path / "old.log", plain(0, "written before"), at=T0 - MINUTE)
    written(tmp_path / "empty.log")
    (tmp_path / "cart.log.2.gz").write_bytes(gzip.compress(plain(0, "packed").encode()))
    assert (await LogFiles([f"{tmp_path}/*", "/nowhere/*"]).search(LogSearch(T0, T0 + MINUTE))).lines == ()
