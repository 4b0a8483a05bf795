"""One small incident, and a model behind real HTTP that talks about it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import BaseModel, JsonValue

from agent.domain.alert import Alert, AlertStatus, Severity
from agent.domain.event import Event
from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Claim, Diagnosis, Fault, Suspect, Verdict
from agent.domain.incident import IncidentStatus
from agent.domain.rules import Budgets
from agent.graph.conversation import Brief, Conclusion, Inquiry, Means, conclude, inquire
from agent.policy.redaction import Redactor
from tests.farends.openai import OpenAIFarEnd
from tests.incidents import an_incident
from tests.scripted import UNHURRIED, scripted
from tools.base import Tool, ToolResult

ONSET = datetime(2026, 11, 1, 12, 3, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 12, 10, tzinfo=UTC)
BUDGETS = Budgets()

SURVEYED = Evidence(
    id="e1",
    kind=EvidenceKind.METRIC,
    source="analysis",
    query='sum by (service) (rate(http_errors_total{service="cart"}[5m]))',
    entity="cart",
    starts_at=datetime(2026, 11, 1, 11, 0, tzinfo=UTC),
    ends_at=NOW,
    summary="http_errors_ratio of cart went from 0.012 to 0.347 (24.8 robust deviations).",
    content={"before": 0.01234, "after": 0.34671, "deviations": 24.8},
)
FINDINGS = Diagnosis(
    verdict=Verdict.CAUSE,
    analysed_by="analysis",
    component="cart",
    fault=Fault.APPLICATION,
    summary="cart is the most probable cause since 12:03:10 UTC.",
    claims=(Claim(text=SURVEYED.summary, evidence=("e1",)),),
    suspects=(
        Suspect(component="cart", score=0.7, why="errors", evidence=("e1",)),
        Suspect(component="db", score=0.2, why="slow"),
    ),
    confidence=0.7,
)


class Query(BaseModel):
    promql: str


class Search(BaseModel):
    text: str = ""


@dataclass
class Metrics:
    """Answers with one value, and notes what it was asked."""

    name: str = "query_metrics"
    description: str = "Evaluate PromQL."
    kind: str = "metric"
    arguments: type[BaseModel] = Query
    asked: list[str] = field(default_factory=list)

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        promql = Query.model_validate(arguments.model_dump()).promql
        self.asked.append(promql)
        if "(" in promql and ")" not in promql:
            return ToolResult(ok=False, text=f"{promql}: parse error, unclosed left parenthesis", query=promql)
        value = 42 if "pool" in promql else 0.02
        text = f'1 series at 2026-11-01 12:10:00Z.\n{promql}{{service="db"}} = {value}'
        data: JsonValue = [{"series": f'{promql}{{service="db"}}', "value": value}]
        return ToolResult(ok=True, text=text, query=promql, data=data, entities=("db",), starts_at=NOW, ends_at=NOW)


@dataclass
class LogSearch:
    """Answers with the lines given, as a stranger wrote them."""

    lines: str = "0 -> 214 x [error] cart: connection pool exhausted after 5000 ms (new since the alert)"
    name: str = "search_logs"
    description: str = "Search the logs."
    kind: str = "log"
    arguments: type[BaseModel] = Search
    asked: list[str] = field(default_factory=list)

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        self.asked.append(Search.model_validate(arguments.model_dump()).text)
        data: JsonValue = [{"template": self.lines, "services": {"cart": 214}}]
        return ToolResult(
            ok=True, text=self.lines, query="logs", data=data, entities=("cart",), trust="user-controlled"
        )


class OfService(BaseModel):
    services: list[str] = []


@dataclass
class ServiceLogs:
    """Answers for one service at a time."""

    name: str = "search_logs"
    description: str = "Search the logs of services."
    kind: str = "log"
    arguments: type[BaseModel] = OfService
    asked: list[str] = field(default_factory=list)

    async def __call__(self, arguments: BaseModel) -> ToolResult:
        (service,) = OfService.model_validate(arguments.model_dump()).services
        self.asked.append(service)
        text = f"{service} logged 3 lines."
        return ToolResult(ok=True, text=text, query=f"logs of {service}", entities=(service,))


@dataclass
class Scene:
    """What happened in a conversation."""

    means: Means
    brief: Brief
    tools: list[Tool]
    stored: list[Evidence] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    async def store(self, draft: Evidence) -> Evidence:
        kept = draft.model_copy(update={"id": f"e{len(self.stored) + 2}"})
        self.stored.append(kept)
        return kept

    async def tell(self, event: Event) -> None:
        self.events.append(event)

    async def inquire(self) -> Inquiry:
        return await inquire(self.means, self.brief, self.tools, self.store)

    def conclude(self, inquiry: Inquiry) -> Conclusion:
        return conclude(self.brief, inquiry, [*self.brief.evidence, *self.stored])


def brief(title: str = "cart fails", annotations: dict[str, str] | None = None) -> Brief:
    incident = an_incident(ONSET, status=IncidentStatus.INVESTIGATING, title=title, service="cart")
    alert = Alert(
        integration="alertmanager",
        name="HighErrorRatio",
        status=AlertStatus.FIRING,
        severity=Severity.HIGH,
        labels={"alertname": "HighErrorRatio", "service": "cart"},
        annotations=annotations or {"summary": "cart fails"},
        starts_at=ONSET,
    )
    return Brief(
        incident=incident,
        alerts=[alert],
        symptom="errors",
        onset=ONSET,
        now=NOW,
        findings=FINDINGS,
        evidence=[SURVEYED],
        entities=["cart", "db", "payment"],
    )


@asynccontextmanager
async def scene(
    endpoint: OpenAIFarEnd, *, budgets: Budgets = BUDGETS, about: Brief | None = None, tools: list[Tool] | None = None
) -> AsyncIterator[Scene]:
    events: list[Event] = []

    async def tell(event: Event) -> None:
        events.append(event)

    given: list[Tool] = [Metrics(), LogSearch()] if tools is None else tools
    async with scripted(endpoint, limits=UNHURRIED) as chat:
        means = Means(model=chat, budgets=budgets, shield=Redactor(b"key"), tell=tell)
        yield Scene(means, about or brief(), given, events=events)
