"""Every seam on one page: what the agent needs from the outside, and what each promises.

Back ends that are read (`Metrics`, `Logs`, `Changes`, `TopologySource`), tools and executors have their
protocols in `tools.base`, because tools know nothing of the agent; they are named here so that this stays
the one page.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from pydantic import BaseModel, JsonValue

from agent.domain.alert import Alert, Placed
from agent.domain.approval import Approval
from agent.domain.event import Event, Recorded
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Diagnosis, Found, Usage
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.job import Job, Lease
from agent.domain.remediation import Action, Effect, Past, Proposal, Step
from tools.base import ActResult, Changes, Executor, Logs, Metrics, Tool, ToolResult, TopologySource, Trust

__all__ = [
    "Approvals",
    "Call",
    "Catalogue",
    "Changes",
    "Channel",
    "Clock",
    "Executor",
    "Follower",
    "Incidents",
    "JobRecord",
    "Journal",
    "Ledger",
    "Lesson",
    "Lessons",
    "Logs",
    "Memory",
    "Message",
    "Metrics",
    "Model",
    "Parser",
    "Queue",
    "Recalled",
    "Reply",
    "Tickets",
    "Tool",
    "ToolCall",
    "ToolResult",
    "TopologySource",
    "Unparsed",
]

Answer = TypeVar("Answer", bound=BaseModel)


class Clock(Protocol):
    """The time, as an argument, so that tests and replays can set it."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        ...

    async def sleep(self, duration: timedelta) -> None: ...


class Queue(Protocol):
    """Jobs wait here, durably. At least once: a leased job comes back unless it is acknowledged in time.

    One incident's jobs never run side by side. A job delivered three times without an acknowledgement is dead:
    it is kept, told to the journal, and its incident is parked.
    """

    async def put(self, job: Job, *, delay: timedelta = timedelta(0)) -> None:
        """On the record when this returns. A job whose id is known already is not put twice. QueueFull at the limit."""
        ...

    async def lease(self, holder: str, length: timedelta) -> Lease | None:
        """The most urgent job that is due, or None."""
        ...

    async def renew(self, leases: Sequence[Lease], length: timedelta) -> Sequence[Lease]:
        """Those of them that are still held, from now on for so long; somebody else has the others."""
        ...

    async def acknowledge(self, lease: Lease) -> None: ...

    async def give_back(self, lease: Lease, error: str) -> None:
        """It failed; it comes back after a back-off, or is dead after the third time."""
        ...

    async def release(self, lease: Lease) -> None:
        """It was not finished (a drain); another worker may take it at once, and no attempt is counted."""
        ...

    def wake(self) -> None:
        """A job was written in a transaction of its own: whoever waits looks again."""
        ...

    async def wait(self, longest: timedelta) -> None:
        """Until something may be due, at most this long."""
        ...


class JobRecord(Protocol):
    """The jobs' rows. A queue is only the transport beside them and can be wiped without loss."""

    async def put(self, job: Job, *, delay: timedelta = timedelta(0)) -> None: ...

    async def lease(self, holder: str, length: timedelta) -> Lease | None: ...

    async def due(self, limit: int) -> list[Job]:
        """The most urgent of those that could be leased now."""
        ...

    async def claim(self, job: str, holder: str, length: timedelta) -> Lease | None:
        """This job, if it could be leased now: its id came by some transport, which may be late, wrong or repeat it."""
        ...

    async def renew(self, leases: Sequence[Lease], length: timedelta) -> Sequence[Lease]: ...

    async def acknowledge(self, lease: Lease) -> None: ...

    async def give_back(self, lease: Lease, error: str, delay: timedelta) -> None: ...

    async def release(self, lease: Lease) -> None: ...


class Journal(Protocol):
    """Append-only and hash-chained: the audit log, and what notify, dashboard and metrics follow."""

    async def record(self, *events: Event) -> None:
        """On disk when this returns; raises JournalBroken otherwise, and then nothing may be done in the world."""
        ...

    async def after(self, sequence: int, limit: int = 500) -> list[Recorded]: ...

    async def about(self, incident: str) -> list[Recorded]: ...


class Follower(Protocol):
    """The journal, as somebody who follows it reads it: each follower has a cursor of its own."""

    async def after(self, sequence: int, limit: int = 500) -> list[Recorded]: ...

    async def followed(self, name: str) -> int:
        """How far the follower of that name has come; 0 at first."""
        ...

    async def follow(self, name: str, sequence: int) -> None: ...


class Channel(Protocol):
    """Somebody to tell. Telling the same entry twice must have one effect: channels go through the ledger."""

    name: str

    async def tell(self, entry: Recorded) -> None:
        """Raises `notify.dispatcher.Later` when it should be tried again."""
        ...


class Incidents(Protocol):
    """The record of incidents and what was found out about them, as the graph's nodes need it.

    In a run its changes raise LeaseLost, and are not made, once the job is another worker's.
    """

    async def get(self, incident: str) -> Incident:
        """NotFound when there is none."""
        ...

    async def alerts(self, incident: str) -> list[Placed]: ...

    async def move(self, incident: str, status: IncidentStatus, because: str) -> None:
        """Set the status and tell the journal. A closed incident stays closed."""
        ...

    async def add_evidence(self, incident: str, found: Sequence[Evidence]) -> list[Evidence]:
        """Store it and give it its citable ids. The same source, query and content again keeps its id."""
        ...

    async def evidence(self, incident: str, kinds: Sequence[EvidenceKind] = ()) -> list[Evidence]: ...

    async def save_diagnosis(self, incident: str, run: str, diagnosis: Diagnosis, usage: Usage) -> None: ...

    async def save_report(self, incident: str, run: str, markdown: str) -> None: ...


class Approvals(Protocol):
    async def request(self, proposal: Proposal, reason: str, shown: str, valid_for: timedelta) -> Approval:
        """The pending approval of exactly this proposal. A run asks one question: asked again after a crash, it is
        the same row with the proposal as people were shown it."""
        ...

    async def allow(self, proposal: Proposal, reason: str, shown: str, valid_for: timedelta) -> Approval:
        """The same where the policy lets it run: a row that is approved, by `policy`, and spent like any other."""
        ...

    async def get(self, approval: str) -> Approval: ...


@dataclass(frozen=True)
class Call:
    """One call to the outside, and how to find out later whether it was made."""

    run: Callable[[], Awaitable[ActResult]]
    """Raises `tools.base.Unsure` when it may or may not have taken effect."""
    read_back: Callable[[], Awaitable[ActResult | None]]
    """As `tools.base.Executor.read_back`."""


class Ledger(Protocol):
    """The effect ledger: every call to the outside is INTENT, call, OUTCOME; no second call with the same key."""

    async def once(
        self, effect: Effect, call: Call, *, proposal: Proposal | None = None, lease: Lease | None = None
    ) -> Effect:
        """Make the call at most once a key and say what came of it.

        An action's approval is spent in the transaction that writes the INTENT. Called again after a crash it reads
        back at the far end first; when that cannot tell, the effect is UNKNOWN. Raises Refused when the approval
        does not allow exactly this proposal or actions are paused, LeaseLost when the job is another worker's,
        JournalBroken when the journal cannot be written or trusted.
        """
        ...

    async def past(self, action: str, targets: Sequence[str]) -> list[Past]:
        """What came of earlier runs of the action on these targets, the latest first."""
        ...

    async def get(self, key: str) -> Effect | None: ...


class Model(Protocol):
    """A language model behind budgets. Its words are proposals; code decides."""

    name: str

    async def structured(
        self,
        prompt: Sequence["Message"],
        answer: type[Answer],
        *,
        deadline: timedelta,
        tools: Sequence[Tool] = (),
        most: int = 3,
    ) -> tuple[Answer, Usage]:
        """An answer of that shape; malformed output is repaired at most twice. ModelUnavailable otherwise.

        `tools`: told along and not to be called, where the conversation before had them: what providers keep of a
        prompt begins with its tools. `most`: calls of the model that it may take, repairs included.
        """
        ...

    async def converse(
        self, prompt: Sequence["Message"], tools: Sequence[Tool], *, deadline: timedelta, most: int = 3
    ) -> tuple["Reply", Usage]:
        """One turn: the model's text and the tool calls it asks for. ModelUnavailable when there is none."""
        ...


class Message(BaseModel):
    """One message of a conversation with a model."""

    role: str
    """`system`, `user`, `assistant` or `tool`."""
    text: str
    calls: tuple["ToolCall", ...] = ()
    """What an assistant's message asked for."""
    call_id: str = ""
    """For a tool's message: the call it answers."""


class ToolCall(BaseModel):
    id: str
    name: str
    arguments: dict[str, JsonValue]
    malformed: str = ""
    """The arguments as they came, when they were not a JSON object."""


class Reply(BaseModel):
    text: str
    calls: tuple[ToolCall, ...] = ()


class Recalled(BaseModel):
    """A past incident that looks like this one."""

    incident: str
    summary: str
    component: str
    fault: str
    remedy: str
    similarity: float
    """Cosine, -1 to 1."""
    margin: float
    """Distance to the runner-up that names another cause; small means ambiguous."""
    why: str
    """One sentence: what the two have in common."""
    trust: Trust = "user-controlled"
    """`system` when a person of ours confirmed it."""
    score: float = 0.0
    """What the recalled ones are ordered by: similarity and names in common, weighed with trust."""
    weight: float = 0.0
    """0 to 1: how far it is trusted by its outcome, by what people said when it was recalled, and by its age."""
    same_resource: bool = False
    """It was about the same service, or its cause sat there."""
    signs: tuple[str, ...] = ()
    """As `Lesson.signs`."""


class Lesson(BaseModel):
    """What is worth remembering of a closed incident."""

    incident: str
    title: str
    service: str
    alert_names: tuple[str, ...]
    symptom: str
    component: str
    fault: str
    cause: str
    remedy: str
    outcome: str
    """`recovered`, `not_recovered`, `no_action`."""
    confirmed_by: str
    """The person, or `quiet period`."""
    closed_at: datetime
    source: str = "incident"
    """`incident`, `jira`, `import`."""
    helped: int = 0
    """Incidents that were said to be this one again, rightly as a person said."""
    misled: int = 0
    """The same, wrongly."""
    signs: tuple[str, ...] = ()
    """By what its cause showed in the telemetry; empty when that is not known, and then it answers for none."""


class Memory(Protocol):
    """Past incidents, searchable by meaning. Written only after closure; rebuildable from the records."""

    async def recall(self, title: str, service: str, alert_names: Sequence[str], symptom: str) -> list[Recalled]:
        """The most similar first, none that fails the gates. MemoryUnavailable when it cannot be read."""
        ...

    async def search(self, text: str, limit: int = 10) -> list[tuple[Lesson, float]]:
        """The lessons nearest to a person's own words, with their cosines; no gates."""
        ...

    async def remember(self, lessons: Sequence[Lesson]) -> None:
        """The same incident again replaces what was there."""
        ...

    async def forget(self, incidents: Sequence[str]) -> int:
        """How many were there and are gone."""
        ...


class Tickets(Protocol):
    """A ticket system. One ticket an incident, found again by its key."""

    async def create(self, key: str, title: str, body: str, fields: Mapping[str, JsonValue]) -> str:
        """The new ticket's id. Raises `tools.base.Unsure` when it may have been made."""
        ...

    async def find(self, key: str) -> str | None:
        """The ticket carrying this key, if the search shows one."""
        ...

    async def comment(self, ticket: str, key: str, body: str) -> None: ...

    async def transition(self, ticket: str, to: str) -> None: ...


class Lessons(Protocol):
    """The record of what was learned; memory is rebuilt from it."""

    async def draft(self, incident: str) -> Lesson | None:
        """What the closed incident teaches, with the cause people confirmed if they did; None when nothing is known."""
        ...

    async def leaned_on(self, incident: str) -> Lesson | None:
        """The lesson its diagnosis leaned on, with what people have said of that lesson since; None when it did not."""
        ...

    async def found_before(self, team: str) -> list[Found]:
        """What people, not machines, said of components in the team's latest incidents."""
        ...

    async def save(self, lesson: Lesson) -> None: ...

    async def drop(self, names: list[str]) -> int:
        """How many were there and are gone."""
        ...

    async def all(self) -> list[Lesson]: ...


class Catalogue(Protocol):
    """The only actions there are."""

    def actions(self) -> Sequence[Action]: ...

    def get(self, name: str) -> Action:
        """NotFound when the catalogue has none of that name."""
        ...

    def choose(
        self, diagnosis: Diagnosis, observed: Sequence[str], *, changes: Sequence[str] = ()
    ) -> list[tuple[Action, dict[str, str | int]]]:
        """The actions, with their arguments, that fit the diagnosed fault and component; the best first.

        `changes`: what was lately changed about the component, the latest first; an argument may be told there.
        """
        ...

    def arguments_for(self, action: Action, given: Mapping[str, JsonValue]) -> dict[str, str | int]:
        """Defaults applied and every limit checked. Raises Refused with the sentence."""
        ...

    def fill(self, step: Step, arguments: Mapping[str, str | int], observed: JsonValue) -> dict[str, JsonValue]:
        """The step's call with its placeholders filled in; `{observed.x}` reads the precondition's answer."""
        ...

    def success_query(self, action: Action, arguments: Mapping[str, str | int]) -> str:
        """The action's success query as PromQL."""
        ...

    def title(self, action: Action, arguments: Mapping[str, str | int]) -> str: ...


Parser = Callable[[bytes, datetime], tuple[list[Alert], list["Unparsed"]]]
"""An integration's parser: the body and when it came -> the alerts, and what could not be parsed. Never raises."""


class Unparsed(BaseModel):
    """A part of a body that could not be understood: kept, counted and shown, never lost."""

    body: bytes
    reason: str
    count: int = 1
    """How many alerts it holds, as far as that can be told."""
