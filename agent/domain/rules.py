"""The rules people set: how alerts are correlated, what may be done unasked, and what an incident may cost."""

from datetime import timedelta
from typing import Literal

from agent.domain.base import Noun
from agent.domain.remediation import Risk

Autonomy = Literal["observe", "propose", "approve", "auto"]


class Correlation(Noun):
    """How alerts become incidents."""

    group_by: tuple[str, ...] = ("cluster", "env", "service")
    """Alerts that agree on these labels belong together."""
    window: timedelta = timedelta(minutes=10)
    """An alert joins an incident whose last alert is at most this old; with a topology, neighbours join too."""
    reopen: timedelta = timedelta(minutes=30)
    """A resolved incident that fires again within this is its next episode; later, a new incident linked to it."""
    resolve: Literal["first", "last", "all"] = "all"
    """An incident is resolved when its first alert, its latest, or all of them are."""
    flap_limit: int = 5
    """More occurrences of one series than this within `window` are flapping: counted, not investigated anew."""


class InhibitRule(Noun):
    """While an alert matching `source` fires, alerts matching `target` that agree on `equal` are inhibited."""

    source: dict[str, str]
    target: dict[str, str]
    equal: tuple[str, ...] = ()


class Team(Noun):
    services: tuple[str, ...] = ()
    match: dict[str, str] = {}
    """Labels an incident must have to be theirs."""
    slack_channel: str = ""
    jira_project: str = ""
    email: str = ""


class Budgets(Noun):
    """What one incident may cost. Whichever is spent first ends the model's part; the analysis remains."""

    model_calls: int = 8
    tool_calls: int = 24
    input_tokens: int = 40_000
    output_tokens: int = 8_000
    cost_usd: float = 0.50
    time: timedelta = timedelta(seconds=120)
    call_deadline: timedelta = timedelta(seconds=25)


class Price(Noun):
    """USD per million tokens."""

    input: float
    cached: float
    """Input that the provider had in its prompt cache."""
    output: float


class ModelLimits(Noun):
    """What all incidents together may ask of a model, and what it costs."""

    requests_per_minute: int = 60
    tokens_per_minute: int = 200_000
    prices: dict[str, Price] = {}
    """By model name; goes before the table the agent brings along. A model without a price counts as free."""


class Policy(Noun):
    """Who may do what without being asked. The default is read-only."""

    autonomy: Autonomy = "observe"
    """observe: propose nothing; propose: say what would help; approve: ask a human; auto: low risk runs by itself."""
    per_team: dict[str, Autonomy] = {}
    per_action: dict[str, Autonomy] = {}
    min_confidence: float = 0.8
    """Below this even an `auto` action waits for a human."""
    auto_risk: Risk = Risk.LOW
    """`auto` runs by itself up to this risk."""
    approval_valid: timedelta = timedelta(minutes=15)
