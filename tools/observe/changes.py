"""What did people or systems change before the alert?  Deploys, configuration, flags, scaling, from every source."""

from collections.abc import Sequence
from datetime import UTC
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from tools.base import BackendError, Change, Changes, Tool, ToolResult
from tools.observe.entities import MOST
from tools.observe.several import answers
from tools.observe.window import Span, Window
from tools.wording import cut, one_line

MOST_SHOWN = 20
MOST_KEPT = 100
LONGEST_SUMMARY = 160

ChangeKind = Literal["deploy", "config", "flag", "scale", "restart", "infrastructure", "other"]


class ChangeArguments(Span):
    minutes_before: int = Field(360, ge=0, le=7 * 1440, description="Begin this many minutes before the alert began.")
    service: str = Field("", max_length=200, description="Only of this service; empty: all.")
    kinds: list[ChangeKind] = Field([], description="Empty: all.")


def changes_tools(sources: Sequence[Changes], window: Window) -> list[Tool]:
    """None when there is no source."""
    return [RecentChanges(sources, window)] if sources else []


class RecentChanges:
    """What was changed, the latest first."""

    name = "recent_changes"
    description = (
        "What was changed (by default from 6 hours before the alert until now): deploys, configuration, flags, "
        "scaling, restarts; the latest first, with author and time relative to the alert."
    )
    kind = "change"
    arguments: type[BaseModel] = ChangeArguments

    def __init__(self, sources: Sequence[Changes], window: Window) -> None:
        self._sources = sources
        self._window = window

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        asked = ChangeArguments.model_validate(arguments.model_dump())
        query = f"{self.name} {asked.model_dump_json(exclude_defaults=True)}"
        try:
            start, end = asked.within(self._window)
            found, missing = await answers(source.between(start, end) for source in self._sources)
        except BackendError as error:
            return ToolResult(ok=False, text=f"{query}: {error}", query=query)
        changes = sorted((change for source in found for change in source if _fits(change, asked)), key=_latest)
        head = f"{len(changes) or 'No'} changes from {self._window.relative(start)} to {self._window.relative(end)}."
        more = [f"... and {len(changes) - MOST_SHOWN} more, earlier"] if len(changes) > MOST_SHOWN else []
        return ToolResult(
            ok=True,
            text="\n".join([head, *missing, *(_line(change, self._window) for change in changes[:MOST_SHOWN]), *more]),
            query=query,
            data=[_facts(change) for change in changes[:MOST_KEPT]],
            entities=tuple({change.service: None for change in changes if change.service})[:MOST],
            truncated=len(changes) > MOST_SHOWN or bool(missing),
            # Commit messages and flag names are written by whoever may push.
            trust="user-controlled",
            starts_at=start,
            ends_at=end,
        )


def _fits(change: Change, asked: ChangeArguments) -> bool:
    return (not asked.service or change.service == asked.service) and (not asked.kinds or change.kind in asked.kinds)


def _latest(change: Change) -> tuple[float, str]:
    return (-change.at.timestamp(), change.service)


def _line(change: Change, window: Window) -> str:
    by = f" by {_short(change.author, 60)}" if change.author else ""
    what = f"{_short(change.kind, 20)} {_short(change.service, 80)}: {_short(change.summary, LONGEST_SUMMARY)}"
    return f"{window.relative(change.at)} {what}{by} [{_short(change.source, 40)}]"


def _short(text: str, longest: int) -> str:
    return cut(one_line(text), longest)


def _facts(change: Change) -> JsonValue:
    return {
        "at": change.at.astimezone(UTC).isoformat(),
        "service": change.service,
        "kind": change.kind,
        "summary": change.summary[:500],
        "source": change.source,
        "author": change.author,
        "link": change.link,
    }
