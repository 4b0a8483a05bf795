"""The words every tool and back end speaks: what is asked, what comes back, and what a back end must answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, JsonValue

from tools.quoting import matcher

Floats = NDArray[np.float64]
Trust = Literal["system", "user-controlled"]


class BackendError(Exception):
    """A back end refused or failed. The message names the query and what came back; `retry`: worth trying again?"""

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry


@dataclass(frozen=True)
class Series:
    """One time series. `times` are Unix seconds, ascending; `values` has the same length, NaN where there is none."""

    name: str
    labels: Mapping[str, str]
    times: Floats = field(repr=False)
    values: Floats = field(repr=False)

    @property
    def selector(self) -> str:
        """It as PromQL, so that a person can ask for it again."""
        inner = ",".join(matcher(name, value) for name, value in sorted(self.labels.items()))
        return f"{self.name}{{{inner}}}" if inner else self.name


_NO_LABELS: Final[Mapping[str, str]] = {}
"""One for all lines that have none: a busy log has a hundred thousand."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of log. `message` is untrusted text."""

    at: datetime
    service: str
    message: str
    level: str = ""
    """Lower case: `error`, `warning`, `info`, `debug`; empty when unknown."""
    pod: str = ""
    trace: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS)


@dataclass(frozen=True)
class LogPage:
    """What a log search gave. `total` counts all matches when the back end tells, else the lines here."""

    lines: tuple[LogLine, ...]
    total: int
    truncated: bool
    query: str
    """Exactly what was sent."""


@dataclass(frozen=True)
class Change:
    """Something people or systems changed: a deploy, a flag, a config, a scaling."""

    at: datetime
    service: str
    kind: str
    """`deploy`, `config`, `flag`, `scale`, `restart`, `infrastructure`, `other`."""
    summary: str
    source: str
    author: str = ""
    link: str = ""


@dataclass(frozen=True)
class Topology:
    """Who calls whom. An edge is (caller, callee)."""

    nodes: frozenset[str]
    edges: frozenset[tuple[str, str]]
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Node -> `service`, `host`, `database`, ...; absent: `service`."""


class Metrics(Protocol):
    """A PromQL back end. Every method has a deadline and raises BackendError with the query in the message."""

    async def query(self, promql: str, at: datetime) -> list[Series]:
        """An instant vector: one sample a series."""
        ...

    async def query_range(self, promql: str, start: datetime, end: datetime, step: timedelta) -> list[Series]:
        """A matrix; `start` and `end` are both inclusive."""
        ...

    async def series(self, selectors: Sequence[str], start: datetime, end: datetime) -> list[dict[str, str]]:
        """Label sets (`__name__` included) of the series that match any selector in the window."""
        ...

    async def metadata(self) -> dict[str, str]:
        """Metric name -> `gauge`, `counter`, `histogram`, `summary`, `unknown`."""
        ...


@dataclass(frozen=True)
class LogSearch:
    """Lines in [start, end) of any of these services and levels (empty: of all) with `text` in them, as a literal."""

    start: datetime
    end: datetime
    services: tuple[str, ...] = ()
    text: str = ""
    levels: tuple[str, ...] = ()
    limit: int = 1000
    """So many lines at most, the newest."""

    def fits(self, line: LogLine) -> bool:
        return (
            self.start <= line.at < self.end
            and (not self.services or line.service in self.services)
            and (not self.levels or line.level in self.levels)
            and self.text in line.message
        )

    def __str__(self) -> str:
        words = {"services": self.services, "text": self.text, "levels": self.levels}
        return f"{json.dumps(words, ensure_ascii=False)} in [{self.start.isoformat()}, {self.end.isoformat()})"


class Logs(Protocol):
    """A log back end. Newest lines come first."""

    async def search(self, asked: LogSearch) -> LogPage: ...


class Changes(Protocol):
    async def between(self, start: datetime, end: datetime) -> list[Change]:
        """Those in [start, end], the earliest first. BackendError when the source cannot be asked."""
        ...


class TopologySource(Protocol):
    async def topology(self, at: datetime) -> Topology | None:
        """None when it is not known."""
        ...


@dataclass(frozen=True)
class ToolResult:
    """What a tool gave back. To a model an error is a result too: what was asked, over which range, what came back."""

    ok: bool
    text: str
    """Capped and summarised; what a model reads."""
    query: str
    """Exactly what was asked of the back end."""
    data: JsonValue = None
    """What came back, structured and capped; what claims are checked against."""
    entities: tuple[str, ...] = ()
    """The components this result showed to exist."""
    truncated: bool = False
    trust: Trust = "system"
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Tool(Protocol):
    """Something a model, or the survey, may ask. Reading only."""

    name: str
    description: str
    kind: str
    """The kind of evidence it gives: `metric`, `log`, `change`, `topology`, `runbook`, `ticket`, `platform`."""
    arguments: type[BaseModel]

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        """Never raises for what the back end does; `ok` tells."""
        ...


@dataclass(frozen=True)
class ActResult:
    """What an executor's call came to."""

    ok: bool
    detail: str
    data: JsonValue = None


class Unsure(Exception):
    """The call may or may not have taken effect (a time-out, a connection cut after sending)."""


class Executor(Protocol):
    """Something that changes the world. `call` is a catalogue step with its arguments filled in."""

    name: str

    def describe(self, call: Mapping[str, object]) -> str:
        """Exactly what `run` would send, for a human; no I/O. Raises BackendError when the call is not well-formed."""
        ...

    async def read(self, call: Mapping[str, object]) -> JsonValue:
        """A reading call (for a precondition): changes nothing."""
        ...

    async def run(self, call: Mapping[str, object], key: str) -> ActResult:
        """Do it once. `key` is sent along as the idempotency key. Raises Unsure when the outcome is not known."""
        ...

    async def read_back(self, call: Mapping[str, object], key: str) -> ActResult | None:
        """Was the call with this key done? The result if it was; None if the far end cannot tell;
        an ActResult with ok=False and data={"absent": true} if it surely was not."""
        ...
