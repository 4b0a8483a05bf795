"""What does the YAML say that AGENT_CONFIG names?  Which alerts are one, who is told, what may be done."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from agent.domain.base import Noun
from agent.domain.duty import Schedule
from agent.domain.errors import ConfigurationError
from agent.domain.maintenance import MaintenanceWindow
from agent.domain.quiet import DailyDigest, QuietHours
from agent.domain.retention import Retention
from agent.domain.rules import (
    A_YEAR,
    Budgets,
    Correlation,
    InhibitRule,
    ModelLimits,
    Person,
    Policy,
    Rates,
    Team,
    known_zone,
)
from agent.domain.tickets import JiraProject

_OWNED = ("teams", "schedules", "default_team")


class Endpoint(Noun):
    """A place the `http` executor may call. Nothing else can be called."""

    url: str
    """Its base address."""
    token_env: str = ""
    """The environment variable that holds its bearer token."""
    read_back: str = ""
    """Where an effect can be looked up, with `{key}` in it: `/effects/{key}`. Empty: after a crash a human decides."""


class Command(Noun):
    """A program the `command` executor may start, by its absolute path; arguments come from the catalogue."""

    path: str
    """Absolute."""
    read_back: str = ""
    """A program that tells whether it was done, by its exit code: 0 yes, 1 no. Empty: after a crash a human decides."""


class McpPlace(Noun):
    """An MCP server, and which of its tools may be called. Reading and acting tools of one are two entries."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,23}$")
    """What it is called here: its tools get it in front of theirs."""
    url: str = ""
    """Its address (streamable HTTP); or else `command`."""
    command: tuple[str, ...] = ()
    """The program to start, by its absolute path, and its arguments (stdio)."""
    headers: dict[str, str] = {}
    """Header -> the environment variable that holds its whole value."""
    environment: tuple[str, ...] = ()
    """Environment variables that the program gets, beside PATH, HOME and LANG."""
    tools: tuple[str, ...] = Field(min_length=1)
    """The tools that may be called; no other is."""
    read_only: bool = False
    """You vouch that these tools only read: investigations may use them. Else only actions of the catalogue may."""
    kind: Literal["metric", "log", "change", "topology", "runbook", "ticket", "platform"] = "platform"
    """The kind of evidence that its answers are."""

    @model_validator(mode="after")
    def _one_place(self) -> "McpPlace":
        if bool(self.url) == bool(self.command):
            raise ValueError("an MCP server has either a url or a command")
        if self.command and not Path(self.command[0]).is_absolute():
            raise ValueError("the command of an MCP server begins with an absolute path")
        return self


class LogFiles(Noun):
    """Plain log files for the embedded default: one service a file, or JSON lines that name it."""

    paths: tuple[str, ...] = ()
    """Globs."""
    zone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    """Of times that name none: an IANA name, e.g. `Europe/Berlin`."""


class BackEnds(Noun):
    """What the back ends that are read want beside their addresses, which the environment gives."""

    prometheus_headers: dict[str, str] = {}
    """Header -> the environment variable that holds its whole value, e.g. `X-Scope-OrgID: MIMIR_TENANT`."""
    loki_headers: dict[str, str] = {}
    """The same."""
    loki_service_label: str = Field("service_name", pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")
    """The stream label that names a service; Loki 3 adds this one."""
    elasticsearch_headers: dict[str, str] = {}
    """The same as `prometheus_headers`, e.g. `Authorization: ELASTICSEARCH_AUTHORIZATION`."""
    elasticsearch_index: str = Field("logs-*,filebeat-*,logstash-*", pattern=r"^[a-z0-9*_.,:<>+-]{1,500}$")
    """Names of indices, with `*`, by comma."""
    elasticsearch_fields: dict[Literal["time", "message", "service", "level", "pod", "trace"], str] = {}
    """Where a document keeps what, where it is not as in ECS, e.g. `service: kubernetes.labels.app`."""
    kubernetes_namespaces: tuple[str, ...] = ()
    """Those whose state and rollouts are looked at; empty: the kubeconfig's own."""


class SlackRules(Noun):
    """Who is who in Slack, and where cards go; `docs/slack.md` tells the rest."""

    channel: str = ""
    """Where cards go when a team names no channel: its id, `C…`. Empty: only teams with one are told."""
    workspace: str = ""
    """`T…`: requests from any other workspace are refused; empty: any that the app is installed in."""
    people: dict[str, str] = {}
    """Member id (`U…`) -> the name of that person's key. They may do what the key may; when it is revoked, nothing.

    Also the name of somebody in `people`, above: without a key they may do what stands there.
    """
    quiet: QuietHours | None = None
    """When lesser incidents wait until morning; unset: never."""
    team_quiet: dict[str, QuietHours] = {}
    """Instead of `quiet`, for that team's incidents."""
    digest: DailyDigest | None = None
    """When `channel` is told each day what was suppressed; unset: never."""


class Webhook(Noun):
    """A place that hears of a team's incidents as signed JSON."""

    url: str
    """Where it is posted to; http or https, with no user and no query."""
    secret_env: str
    """The environment variable with the secret that signs it."""


class Config(Noun):
    """The file AGENT_CONFIG names. Every section may be left out."""

    correlation: Correlation = Correlation()
    """How alerts become incidents."""
    inhibit: tuple[InhibitRule, ...] = ()
    """Which alerts are left aside while a stronger one fires."""
    teams: dict[str, Team] = {}
    """Whose incident it is, and where they hear of it."""
    default_team: str = ""
    """Who gets what nobody owns."""
    schedules: dict[str, Schedule] = {}
    """Who is on duty when, by the name that teams use."""
    ownership: Path | None = None
    """A file with more `teams` and `schedules`, relative to this one: for one that others look after."""
    people: dict[str, Person] = {}
    """Who may come with a JSON web token, by the name they have here: the same as their key's, if they have one."""
    policy: Policy = Policy()
    """What may be done without asking."""
    webhooks: dict[str, Webhook] = {}
    """Places that hear of incidents, by the name that teams use."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """The calendar of planned work; more windows are made by `incident-agent maintenance add` and over REST."""
    jira: dict[str, JiraProject] = {}
    """How projects want their tickets, by their keys; another one gets a Task and ends in Done."""
    budgets: Budgets = Budgets()
    """What one incident may cost."""
    model_limits: ModelLimits = ModelLimits()
    """What all incidents together may ask of a model, and its prices."""
    rates: Rates = Rates()
    """How often one caller may come."""
    endpoints: dict[str, Endpoint] = {}
    """Places the `http` executor may call, by the name the catalogue uses."""
    commands: dict[str, Command] = {}
    """Programs the `command` executor may start, by the name the catalogue uses."""
    mcp: tuple[McpPlace, ...] = ()
    """MCP servers whose tools investigations or actions may call."""
    topology: tuple[tuple[str, str], ...] = ()
    """(caller, callee) pairs, when no back end knows them."""
    log_files: LogFiles = LogFiles()
    """Logs in plain files."""
    back_ends: BackEnds = BackEnds()
    """Headers, names and places that the back ends want."""
    survey_metrics: tuple[str, ...] = ()
    """Selectors whose series the survey looks at, beside those an alert's own expression names; empty: it finds them by
    the incident's labels."""
    survey_step: timedelta = Field(timedelta(seconds=15), ge=timedelta(seconds=1))
    """How far apart the survey's points are: the usual scrape interval; a shorter one shows a younger fault."""
    service_label: str = "service"
    """The metric label that names a component."""
    slack: SlackRules = SlackRules()
    """Who may click in Slack, and where cards go."""
    retention: Retention = Retention()
    """How long what is kept, by kind."""
    quiet_period: timedelta = Field(timedelta(minutes=30), ge=timedelta(0), le=A_YEAR)
    """A resolved incident that stays quiet this long is closed; shorter than `reopen`, nothing is ever reopened."""


def read(file: Path) -> Config:
    """What it says, checked; ConfigurationError, in one sentence, when it cannot be used."""
    try:
        return Config.model_validate(_with_ownership(_loaded(file), file.parent))
    except OSError as error:
        raise ConfigurationError(f"AGENT_CONFIG: {error.filename} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise ConfigurationError(f"AGENT_CONFIG={file}: {first_wrong(error)}") from error


def first_wrong(error: ValidationError) -> str:
    """The first thing that is wrong in a setting, as a sentence."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "extra_forbidden":
            return f"{where}: there is no such setting."
        case "missing":
            return f"{where}: this is needed."
        case "int_parsing":
            return f"{where}: this is a whole number."
        case "time_delta_type" | "time_delta_parsing":
            return f"{where}: this is a length of time, in seconds or as `hours:minutes:seconds`."
        case "model_type" | "dict_type":
            return f"{where}: this holds settings of its own, each as `name: value`."
        case _:
            return f"{where}: {first['msg'].removeprefix('Value error, ')}."


class _Once(yaml.SafeLoader):
    """Without names that stand twice: the last one would win, and what the first allows or forbids be gone."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        said: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in said:
                    raise yaml.MarkedYAMLError(None, None, f"{key.value} stands here a second time", key.start_mark)
                said.add(key.value)
        return node


def _loaded(file: Path) -> dict[str, Any]:
    try:
        loaded = yaml.load(file.read_text(encoding="utf-8"), _Once) or {}  # noqa: S506 (it is a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigurationError(f"AGENT_CONFIG: {file} is not YAML: {where}{error.problem}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"AGENT_CONFIG: {file} is not YAML; it is no text in UTF-8.") from error
    except (ValueError, RecursionError) as error:
        # A date that is none, such as 2026-13-45; lists in lists without end.
        raise ConfigurationError(f"AGENT_CONFIG: {file} cannot be read as YAML: {error}.") from error
    if not isinstance(loaded, dict):
        raise ConfigurationError(f"AGENT_CONFIG: {file} must hold settings, each as `name: value`.")
    return loaded


def _with_ownership(loaded: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With the teams and schedules of the file it names; a name that stands in both is an error."""
    if not isinstance(loaded.get("ownership"), str):
        return loaded
    file = folder / loaded["ownership"]
    owned = _loaded(file)
    if owned.keys() - _OWNED:
        raise ConfigurationError(f"AGENT_CONFIG: {file} may hold {', '.join(_OWNED)} and nothing else.")
    merged = dict(loaded)
    for section, more in owned.items():
        here = loaded.get(section) or {}
        if isinstance(more, str) or not isinstance(here, dict):
            both, merged[section] = bool(here), more
        else:
            both, merged[section] = bool(here.keys() & (more or {})), {**here, **(more or {})}
        if both:
            raise ConfigurationError(f"AGENT_CONFIG: {section}: {file} says again what stands in the file itself.")
    return merged
