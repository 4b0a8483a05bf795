"""The rules people set: how alerts are correlated, what may be done unasked, and what an incident may cost."""

from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from agent.domain.alert import Severity
from agent.domain.base import Noun
from agent.domain.key import Scope
from agent.domain.remediation import Risk
from agent.domain.silence import Matcher

Autonomy = Literal["observe", "propose", "approve", "auto"]

A_YEAR = timedelta(days=366)
"""No length of time here is longer: it is reckoned with, and what lies before all time cannot be."""


class Correlation(Noun):
    """How alerts become incidents."""

    group_by: tuple[str, ...] = ("cluster", "env", "service")
    """Alerts that agree on these labels belong together."""
    window: timedelta = Field(timedelta(minutes=10), ge=timedelta(0), le=A_YEAR)
    """An alert joins an incident whose last alert is at most this old; with a topology, neighbours join too."""
    reopen: timedelta = Field(timedelta(minutes=30), ge=timedelta(0), le=A_YEAR)
    """A resolved incident that fires again within this is its next episode; later, a new incident linked to it."""
    resolve: Literal["first", "last", "all"] = "all"
    """An incident is resolved when its first alert, its latest, or all of them are."""
    flap_limit: int = Field(5, ge=0)
    """More occurrences of one series than this within `window` are flapping: counted, not investigated anew."""
    burst: timedelta = Field(timedelta(seconds=60), gt=timedelta(0))
    """How long a burst of alerts lasts: what an incident got earlier counts for little when alerts are attributed."""
    split: int = Field(3, ge=0)
    """So many series of an incident that start anew within `burst`, no end told, are another incident; 0: never."""
    storm: int = Field(5, ge=1)
    """An incident this busy within `burst` takes in alerts about components that the topology does not place."""


class InhibitRule(Noun):
    """While an alert matching `source` fires, alerts matching `target` that agree on `equal` are inhibited."""

    source: dict[str, str]
    """Labels of the stronger alert, e.g. `alertname: HostDown`."""
    target: dict[str, str]
    """Labels of the alerts it explains."""
    equal: tuple[str, ...] = ()
    """Labels both must agree on, e.g. `instance`."""


class EscalationStep(Noun):
    """Who else is called when nobody has answered."""

    after: timedelta = Field(gt=timedelta(0))
    """So long after the question was asked, or the incident opened, without anybody answering."""
    tell: tuple[str, ...] = ("on_call",)
    """`on_call`: whoever is on duty for the team; `team`: all its channels; `team:NAME`, `person:NAME`,
    `schedule:NAME`: another team, somebody, or whoever is on duty there."""


class Team(Noun):
    """Whose incidents these are, how they hear of them, and what the agent may do in them."""

    services: tuple[str, ...] = ()
    """Components that are theirs."""
    match: dict[str, str] = {}
    """Labels an incident must have to be theirs."""
    matchers: tuple[Matcher, ...] = ()
    """The same with `!=`, `=~` and `!~`; with `match`, all of both must be true."""
    slack_channel: str = ""
    """Where their incidents' cards go."""
    jira_project: str = ""
    """Where their tickets go; empty: `JIRA_PROJECT`."""
    email: str = ""
    """Where they get mail; several addresses by comma."""
    webhook: str = ""
    """The name of one of `webhooks` that hears of their incidents."""
    pagerduty_key_env: str = ""
    """The environment variable with the integration key of their service at PagerDuty."""
    on_call: str = ""
    """The name of one of `schedules`: who is on duty for them."""
    autonomy: Autonomy | None = None
    """As `policy.per_team`; where both are set, the more careful one counts."""
    escalation: tuple[EscalationStep, ...] = ()
    """Who is called, one after the other, while a question waits or nobody has seen an incident."""
    escalate_from: Severity = Severity.HIGH
    """Incidents less severe than this wait for somebody to look; questions are followed up in any."""
    approvers: tuple[str, ...] = ()
    """Names of those who may approve actions on their incidents; empty: whoever has the scope."""


class Person(Noun):
    """Somebody who comes with a JSON web token. Taken out of the file, they may do nothing more, whatever the token."""

    subject: str = ""
    """What the token's `sub` says; empty: the name they have here."""
    scopes: tuple[Scope, ...] = ()
    """The most they may do: a token gives those of its own scopes that stand here, too."""
    teams: tuple[str, ...] | None = None
    """Whose incidents they see and decide about; `""` among them: those that went to no team. Unset: everybody's."""
    email: str = ""
    """Where they are called by mail when they are on duty."""


class Rates(Noun):
    """How often one caller may come to one process. Who comes more often is told when to come again."""

    source: float = Field(2000, ge=0.001, allow_inf_nan=False)
    """Requests a second from one address, before it is known whose they are; behind a proxy all are one address."""
    intake: float = Field(1000, ge=0.001, allow_inf_nan=False)
    """Posts a second to the webhooks with one key."""
    api: float = Field(100, ge=0.001, allow_inf_nan=False)
    """Requests a second to page and API with one key."""
    burst: timedelta = Field(timedelta(seconds=10), ge=timedelta(seconds=1))
    """The requests of so long may come at once."""


class Budgets(Noun):
    """What one incident may cost. Whichever is spent first ends the model's part; the analysis remains."""

    model_calls: int = Field(8, ge=0)
    """Calls of the model."""
    tool_calls: int = Field(24, ge=0)
    """Calls of reading tools by the model."""
    input_tokens: int = Field(40_000, ge=0)
    """Tokens sent, cached ones included."""
    output_tokens: int = Field(8_000, ge=0)
    """Tokens received."""
    cost_usd: float = Field(0.50, ge=0, allow_inf_nan=False)
    """By the prices in `model_limits`."""
    time: timedelta = timedelta(seconds=120)
    """From the model's first call to its last."""
    call_deadline: timedelta = timedelta(seconds=25)
    """One call of the model."""


class Price(Noun):
    """USD per million tokens."""

    input: float = Field(ge=0, allow_inf_nan=False)
    """Tokens sent that were in no cache."""
    cached: float = Field(ge=0, allow_inf_nan=False)
    """Input that the provider had in its prompt cache."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Tokens received."""


class ModelLimits(Noun):
    """What all incidents together may ask of a model, and what it costs."""

    requests_per_minute: int = Field(60, ge=1)
    """Calls of a model a minute, all incidents together."""
    tokens_per_minute: int = Field(200_000, ge=1)
    """Tokens a minute, sent and received."""
    prices: dict[str, Price] = {}
    """By model name; goes before the table the agent brings along. A model without a price counts as free."""


class Freeze(Noun):
    """A time in which nothing should be changed; whoever does it all the same needs a second person."""

    name: str
    """What people read, e.g. `Christmas`."""
    starts_at: datetime
    """With its zone."""
    ends_at: datetime
    """With its zone."""
    teams: tuple[str, ...] = ()
    """Whose incidents it is about; empty: everybody's."""

    @model_validator(mode="after")
    def _sound(self) -> "Freeze":
        if self.starts_at.tzinfo is None or self.ends_at.tzinfo is None:
            raise ValueError("a time needs its zone, as in 2026-12-24T00:00:00Z")
        if self.ends_at <= self.starts_at:
            raise ValueError("a freeze must end after it starts")
        return self


def known_zone(zone: str) -> str:
    """The zone itself; ValueError, with the sentence, when there is none of that name."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{zone!r} is no time zone, such as Europe/Berlin") from error
    return zone


class Hours(Noun):
    """When people are at work: outside of it an action is riskier, because fewer can help when it goes wrong."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("mon", "tue", "wed", "thu", "fri")
    """Days on which people work."""
    begin: time = time(9)
    """Local time."""
    end: time = time(17)
    """Local time; later than `begin`."""
    zone: str = "UTC"
    """An IANA name, e.g. `Europe/Berlin`."""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        return known_zone(zone)

    @model_validator(mode="after")
    def _sound(self) -> "Hours":
        if self.end <= self.begin:
            raise ValueError("`end` must be later than `begin`; hours over midnight are two entries, one for each day")
        return self


class Policy(Noun):
    """Who may do what without being asked. The default is read-only."""

    autonomy: Autonomy = "observe"
    """observe: propose nothing; propose: say what would help; approve: ask a human; auto: low risk runs by itself where
    the measurements alone name the cause."""
    per_team: dict[str, Autonomy] = {}
    """Instead of `autonomy`, for that team's incidents."""
    per_action: dict[str, Autonomy] = {}
    """Instead of both, for that action of the catalogue."""
    min_confidence: float = Field(0.8, ge=0, le=1)
    """Below this even an `auto` action waits for a human."""
    auto_risk: Literal[Risk.LOW] = Risk.LOW
    """`auto` runs by itself at this risk, and never above it."""
    environments: dict[str, Risk] = {"dev": Risk.LOW, "development": Risk.LOW, "test": Risk.LOW, "staging": Risk.LOW}
    """What acting there is worth, by the incident's label `env`, `environment` or `stage`; others: medium."""
    freezes: tuple[Freeze, ...] = ()
    """When nothing should be changed."""
    hours: Hours | None = None
    """When people are at work; unset: always."""
    traffic_query: str = 'sum(service:request_rate{service="{service}"})'
    """PromQL: requests a second that `{service}` serves now. Without an answer the risk is medium at least."""
    errors_query: str = 'avg(service:error_ratio{service="{service}"})'
    """PromQL: the share of them that fails, 0 to 1."""
    approval_valid: timedelta = Field(timedelta(minutes=15), gt=timedelta(0), le=A_YEAR)
    """A question that nobody answers for this long expires, and the incident is parked."""
