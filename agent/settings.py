"""Every knob, from the environment (or a file with the same names) and from the YAML that AGENT_CONFIG names."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from agent.domain.base import Noun
from agent.domain.duty import Schedule
from agent.domain.errors import ConfigurationError
from agent.domain.maintenance import MaintenanceWindow
from agent.domain.quiet import DailyDigest, QuietHours
from agent.domain.retention import Retention
from agent.domain.rules import Budgets, Correlation, InhibitRule, ModelLimits, Person, Policy, Rates, Team
from agent.domain.tickets import JiraProject


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
    survey_metrics: tuple[str, ...] = ()
    """Selectors whose series the survey looks at; empty: it finds them by the incident's labels."""
    survey_step: timedelta = Field(timedelta(seconds=15), ge=timedelta(seconds=1))
    """How far apart the survey's points are: the usual scrape interval; a shorter one shows a younger fault."""
    service_label: str = "service"
    """The metric label that names a component."""
    slack: SlackRules = SlackRules()
    """Who may click in Slack, and where cards go."""
    retention: Retention = Retention()
    """How long what is kept, by kind."""
    quiet_period: timedelta = timedelta(minutes=30)
    """A resolved incident that stays quiet this long is closed; shorter than `reopen`, nothing is ever reopened."""


def _upper(level: object) -> object:
    return level.upper() if isinstance(level, str) else level


def _record_address(url: str) -> str:
    if not url.startswith(("postgres://", "postgresql://", "postgresql+psycopg://", "sqlite:///")) and url:
        raise ValueError("this begins with `postgresql://` or `sqlite:///`")
    return url


def _address(url: str) -> str:
    if url and not re.match(r"https?://[^/?#]", url):
        raise ValueError("this is an address such as `http://host:9090`")
    return url


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """The environment. Ours begin with AGENT_; the ecosystem's keep their usual names."""

    model_config = SettingsConfigDict(
        env_file=None, extra="ignore", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    data: Path = Field(Path("data"), alias="AGENT_DATA")
    """The data folder: database, checkpoints, memory, secret key. One owner at a time."""
    database_url: Annotated[str, AfterValidator(_record_address)] = Field("", alias="AGENT_DATABASE_URL")
    """Empty: SQLite in the data folder. `postgresql://...` for many workers."""
    redis_url: SecretStr | None = Field(None, alias="AGENT_REDIS_URL")
    """Unset: the embedded queue."""
    chroma_path: Path | None = Field(None, alias="AGENT_CHROMA_PATH")
    """Folder of the memory of past incidents; unset: `memory` in the data folder."""
    chroma_url: str = Field("", alias="AGENT_CHROMA_URL")
    """A Chroma server that several processes share; empty: embedded, in this process."""
    model: str = Field("", alias="AGENT_MODEL")
    """`openai:gpt-5-mini`, ...; unset and no key: analysis only."""
    model_fallbacks: str = Field("", alias="AGENT_MODEL_FALLBACKS")
    """Comma-separated, tried in this order when the first fails.

    One at a place of its own is written `openai:qwen3@https://host/v1#KEY`; KEY is the variable with that place's key.
    """
    embeddings: str = Field("", alias="AGENT_EMBEDDINGS")
    """`openai:text-embedding-3-small`, ...; empty: vectors are made locally, offline."""
    config_file: Path | None = Field(None, alias="AGENT_CONFIG")
    """The YAML file with teams, policy, correlation, budgets and endpoints, described below; unset: the defaults."""
    host: str = Field("127.0.0.1", alias="AGENT_HOST")
    """The address it listens on. Beyond loopback, put TLS in front."""
    port: int = Field(8080, alias="AGENT_PORT", ge=0, le=65535)
    """The port it listens on."""
    secret_key: SecretStr | None = Field(None, alias="AGENT_SECRET_KEY")
    """Root of every other key; made in the data folder when absent."""
    secret_key_before: SecretStr | None = Field(None, alias="AGENT_SECRET_KEY_BEFORE")
    """The root secret that AGENT_SECRET_KEY replaces: what was sealed with it is still read, until it is taken away.

    `incident-agent keys rotate-root` seals everything anew.
    """
    jwt_keys: Path | None = Field(None, alias="AGENT_JWT_KEYS")
    """Public keys that sign people's JSON web tokens, a PEM or JWKS file, read at the start; unset: API keys alone.

    A token goes where a key goes in a header. It needs `iss`, `aud`, `sub`, `exp` and `nbf`, at most a day to live and
    4096 characters; and somebody in `people`.
    """
    jwt_algorithm: Literal["RS256", "ES256", "EdDSA"] = Field("RS256", alias="AGENT_JWT_ALGORITHM")
    """The one algorithm of their signatures."""
    jwt_issuer: str = Field("", alias="AGENT_JWT_ISSUER")
    """What `iss` must be."""
    jwt_audience: str = Field("", alias="AGENT_JWT_AUDIENCE")
    """What `aud` must be, or contain."""
    jwt_scopes_claim: str = Field("scope", alias="AGENT_JWT_SCOPES_CLAIM")
    """The claim with the scopes of a token, as words or as a list."""
    journal_anchors: Path | None = Field(None, alias="AGENT_JOURNAL_ANCHORS")
    """The file that signed heads of the journal are added to; unset: `journal.anchors` in the data folder.

    Best on another volume: an older database put in the place of the newer is then found out. The log has them, too.
    """
    mcp_pins: Path | None = Field(None, alias="AGENT_MCP_PINS")
    """What MCP tools were like when they were first seen; unset: `mcp.pins` in the data folder."""
    deletion_list: Path | None = Field(None, alias="AGENT_DELETION_LIST")
    """The file with whom `privacy delete` took out; unset: `deletions.list` in the data folder.

    Best on another volume: a backup from before is then brought back without them. Each line is sealed.
    """
    runbooks: Path = Field(Path("runbooks"), alias="AGENT_RUNBOOKS")
    """The folder of the catalogue: one folder a runbook."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = Field(
        "INFO", alias="AGENT_LOG_LEVEL"
    )
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    url: str = Field("", alias="AGENT_URL")
    """The running agent that commands talk to; empty: the one on `AGENT_HOST` and `AGENT_PORT`."""
    key: SecretStr | None = Field(None, alias="AGENT_KEY")
    """The key that commands show it; unset: the `local-operator` key in the data folder."""

    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    """Key of the model's provider."""
    openai_base_url: str = Field("", alias="OPENAI_BASE_URL")
    """An OpenAI-compatible endpoint of your own, or a gateway."""
    prometheus_url: Address = Field("", alias="PROMETHEUS_URL")
    """Metrics: Prometheus or anything that answers PromQL."""
    loki_url: Address = Field("", alias="LOKI_URL")
    """Logs in Loki."""
    elasticsearch_url: Address = Field("", alias="ELASTICSEARCH_URL")
    """Logs in Elasticsearch or OpenSearch."""
    dd_api_key: SecretStr | None = Field(None, alias="DD_API_KEY")
    """Datadog metrics and logs, together with `DD_APP_KEY`."""
    dd_app_key: SecretStr | None = Field(None, alias="DD_APP_KEY")
    """The application key; reading metrics and logs is all it needs to allow."""
    dd_site: str = Field("datadoghq.com", alias="DD_SITE")
    """Which Datadog, e.g. `datadoghq.eu`."""
    jira_url: Address = Field("", alias="JIRA_URL")
    """Tickets, and past incidents to import."""
    jira_user: str = Field("", alias="JIRA_USER")
    """For Jira Cloud: the e-mail address the token belongs to; empty: the token is a personal access token."""
    jira_token: SecretStr | None = Field(None, alias="JIRA_TOKEN")
    """API token (Cloud) or personal access token (Data Center)."""
    jira_project: str = Field("", alias="JIRA_PROJECT")
    """The project of tickets when a team names none."""
    slack_bot_token: SecretStr | None = Field(None, alias="SLACK_BOT_TOKEN")
    """`xoxb-…`: to post and update incident cards."""
    slack_app_token: SecretStr | None = Field(None, alias="SLACK_APP_TOKEN")
    """`xapp-…`: clicks, commands and questions come by Socket Mode, which needs no public address."""
    slack_signing_secret: SecretStr | None = Field(None, alias="SLACK_SIGNING_SECRET")
    """Checks what Slack posts to `/slack/events`."""
    slack_api_url: str = Field("", alias="SLACK_API_URL")
    """Another address of Slack's API, for tests."""
    smtp_host: str = Field("", alias="SMTP_HOST")
    """The server that sends mail; empty: none is sent."""
    smtp_port: int = Field(587, alias="SMTP_PORT")
    """Its port."""
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", alias="SMTP_SECURITY")
    """`starttls` needs it, `tls` begins with it (port 465), `none` sends in the open and never with a password."""
    smtp_user: str = Field("", alias="SMTP_USER")
    """Who logs in there; empty: nobody does."""
    smtp_password: SecretStr | None = Field(None, alias="SMTP_PASSWORD")
    """With which password."""
    smtp_from: str = Field("", alias="SMTP_FROM")
    """The address mail comes from; it is needed with `SMTP_HOST`."""
    pagerduty_token: SecretStr | None = Field(None, alias="PAGERDUTY_TOKEN")
    """A REST API key that may read: to ask who is on call. Paging needs none, but each team's integration key."""
    pagerduty_api_url: str = Field("https://api.pagerduty.com", alias="PAGERDUTY_API_URL")
    """Its REST API, for accounts in the EU `https://api.eu.pagerduty.com`."""
    pagerduty_events_url: str = Field("https://events.pagerduty.com", alias="PAGERDUTY_EVENTS_URL")
    """Where pages go, for accounts in the EU `https://events.eu.pagerduty.com`."""
    otlp_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Where traces go, as OTLP; OpenTelemetry's other variables count, too. Unset: none are made."""
    kubeconfig: str = Field("", alias="KUBECONFIG")
    """Path of the kubeconfig for pods, events and rollouts; empty: Kubernetes is not looked at."""

    def config(self) -> Config:
        """The YAML file, checked; the defaults when none is named."""
        if self.config_file is None:
            return Config()
        try:
            return Config.model_validate(_with_ownership(_loaded(self.config_file), self.config_file.parent))
        except OSError as error:
            raise ConfigurationError(f"AGENT_CONFIG: {error.filename} cannot be read: {error.strerror}.") from error
        except ValidationError as error:
            raise ConfigurationError(f"AGENT_CONFIG={self.config_file}: {_wrong(error)}") from error

    @property
    def shared(self) -> bool:
        """May other processes stand on the same record?"""
        return not self.database.startswith("sqlite")

    @property
    def anchors(self) -> Path:
        """Where heads of the journal are kept beside the database."""
        return self.journal_anchors or self.data / "journal.anchors"

    @property
    def pins(self) -> Path:
        """Where it is kept what MCP tools were like when they were allowed."""
        return self.mcp_pins or self.data / "mcp.pins"

    @property
    def checkpoints(self) -> Path | None:
        """The file with the runs' checkpoints; None where PostgreSQL has them."""
        return None if self.shared else self.data / "checkpoints.db"

    @property
    def deletions(self) -> Path:
        """Where the list of deletion requests is kept beside the database."""
        return self.deletion_list or self.data / "deletions.list"

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the record."""
        if self.database_url.startswith("postgres"):
            return "postgresql+psycopg" + self.database_url[self.database_url.index("://") :]
        return self.database_url or f"sqlite:///{self.data / 'agent.db'}"


def _loaded(file: Path) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigurationError(f"AGENT_CONFIG: {file} is not YAML: {where}{error.problem}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"AGENT_CONFIG: {file} is not YAML; it is no text in UTF-8.") from error
    if not isinstance(loaded, dict):
        raise ConfigurationError(f"AGENT_CONFIG: {file} must hold settings, each as `name: value`.")
    return loaded


def _wrong(error: ValidationError) -> str:
    """The first thing that is wrong, as a sentence."""
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


_OWNED = ("teams", "schedules", "default_team")

SECRETS = Path("/run/secrets")
"""Where Docker and Kubernetes mount secrets: a file named like a variable counts when the variable is not set."""


def load(secrets: Path = SECRETS) -> Settings:
    """From the environment; ConfigurationError, in one sentence, when a value cannot be used."""
    try:
        return Settings(_secrets_dir=secrets if secrets.is_dir() else None)
    except ValidationError as error:
        raise ConfigurationError(_wrong(error)) from error


def secret(name: str) -> str:
    """The value of the environment variable that a configuration names; empty when there is none."""
    return os.environ.get(name, "") if name else ""
