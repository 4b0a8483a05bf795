"""Every knob, from the environment or a file with the same names."""

import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from agent.config import Config, first_wrong, read
from agent.domain.errors import ConfigurationError


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


def _site(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name):
        raise ValueError("this is a name such as `datadoghq.eu`")
    return name


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
    url: Address = Field("", alias="AGENT_URL")
    """The running agent that commands talk to; empty: the one on `AGENT_HOST` and `AGENT_PORT`."""
    key: SecretStr | None = Field(None, alias="AGENT_KEY")
    """The key that commands show it; unset: the `local-operator` key in the data folder."""

    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    """Key of the model's provider."""
    openai_base_url: Address = Field("", alias="OPENAI_BASE_URL")
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
    dd_site: Annotated[str, AfterValidator(_site)] = Field("datadoghq.com", alias="DD_SITE")
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
    slack_api_url: Address = Field("", alias="SLACK_API_URL")
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
    pagerduty_api_url: Address = Field("https://api.pagerduty.com", alias="PAGERDUTY_API_URL")
    """Its REST API, for accounts in the EU `https://api.eu.pagerduty.com`."""
    pagerduty_events_url: Address = Field("https://events.pagerduty.com", alias="PAGERDUTY_EVENTS_URL")
    """Where pages go, for accounts in the EU `https://events.eu.pagerduty.com`."""
    otlp_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Where traces go, as OTLP; OpenTelemetry's other variables count, too. Unset: none are made."""
    kubeconfig: str = Field("", alias="KUBECONFIG")
    """Path of the kubeconfig for pods, events and rollouts; empty: Kubernetes is not looked at."""

    def config(self) -> Config:
        """The YAML file, checked; the defaults when none is named."""
        return Config() if self.config_file is None else read(self.config_file)

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


SECRETS = Path("/run/secrets")
"""Where Docker and Kubernetes mount secrets: a file named like a variable counts when the variable is not set."""


def load(secrets: Path = SECRETS) -> Settings:
    """From the environment; ConfigurationError, in one sentence, when a value cannot be used."""
    try:
        return Settings(_secrets_dir=secrets if secrets.is_dir() else None)
    except ValidationError as error:
        raise ConfigurationError(first_wrong(error)) from error


def secret(name: str) -> str:
    """The value of the environment variable that a configuration names; empty when there is none."""
    return os.environ.get(name, "") if name else ""
