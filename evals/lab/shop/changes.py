"""What was changed in the shop, by whom: the feed a delivery pipeline would give?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

ChangeKind = Literal["deploy", "flag", "config", "other"]


class Change(BaseModel):
    at: datetime
    service: str
    kind: ChangeKind
    summary: str
    source: str = "shop-delivery"
    author: str = ""
    link: str = ""


class ChangeFeed:
    """A file with one change a line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, service: str, kind: ChangeKind, summary: str, author: str) -> Change:
        number = len(self.all()) + 4101
        change = Change(
            at=datetime.now(UTC),
            service=service,
            kind=kind,
            summary=summary,
            author=author,
            link=f"https://delivery.example/changes/{number}",
        )
        with self._path.open("a", encoding="utf-8") as feed:
            feed.write(change.model_dump_json() + "\n")
        return change

    def all(self) -> list[Change]:
        if not self._path.exists():
            return []
        return [Change.model_validate_json(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
