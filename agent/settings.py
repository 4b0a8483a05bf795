"""Every knob, from the environment (or a file with the same names) and from the YAML that AGENT_CONFIG names."""

from datetime import timedelta
from pathlib import Path

import yaml
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from agent.domain.base import Noun
from agent.domain.errors import ConfigurationError
from agent.domain.rules import Budgets, Correlation, InhibitRule, ModelLimits, Policy, Team


class Endpoint(Noun):
    """A place the `http` executor may call. Nothing else can be called."""

    url: str
    token_env: str = ""
    """The environment variable that holds its bearer token."""


class Command(Noun):
    """A program the `command` executor may start, by its absolute path; arguments come from the catalogue."""

    path: str


class LogFiles(Noun):
    """Plain log files for the embedded default: one service a file, or JSON lines that name it."""

    paths: tuple[str, ...] = ()
    """Globs."""


class Config(Noun):
    """The file AGENT_CONFIG names. Every section may be left out."""

    correlation: Correlation = Correlation()
    inhibit: tuple[InhibitRule, ...] = ()
    teams: dict[str, Team] = {}
    policy: Policy = Policy()
    budgets: Budgets = Budgets()
    model_limits: ModelLimits = ModelLimits()
    endpoints: dict[str, Endpoint] = {}
    commands: dict[str, Command] = {}
    topology: tuple[tuple[str, str], ...] = ()
    """(caller, callee) pairs, when no back end knows them."""
    log_files: LogFiles = LogFiles()
    survey_metrics: tuple[str, ...] = ()
    """Selectors whose series the survey looks at; empty: it finds them by the incident's labels."""
    service_label: str = "service"
    """The metric label that names a component."""
    quiet_period: timedelta = timedelta(minutes=10)
    """A resolved incident that stays quiet this long is closed."""


class Settings(BaseSettings):
    """The environment. Ours begin with AGENT_; the ecosystem's keep their usual names."""

    model_config = SettingsConfigDict(
        env_file=None, extra="ignore", frozen=True, populate_by_name=True, env_ignore_empty=True
    )

    data: Path = Field(Path("data"), alias="AGENT_DATA")
    """The data folder: database, checkpoints, memory, secret key. One owner at a time."""
    database_url: str = Field("", alias="AGENT_DATABASE_URL")
    """Empty: SQLite in the data folder. `postgresql://...` for many workers."""
    redis_url: SecretStr | None = Field(None, alias="AGENT_REDIS_URL")
    """Unset: the embedded queue."""
    chroma_path: Path | None = Field(None, alias="AGENT_CHROMA_PATH")
    chroma_url: str = Field("", alias="AGENT_CHROMA_URL")
    model: str = Field("", alias="AGENT_MODEL")
    """`openai:gpt-5-mini`, ...; unset and no key: analysis only."""
    model_fallbacks: str = Field("", alias="AGENT_MODEL_FALLBACKS")
    """Comma-separated, tried in this order when the first fails."""
    embeddings: str = Field("", alias="AGENT_EMBEDDINGS")
    """`openai:text-embedding-3-small`, ...; empty: vectors are made locally, offline."""
    config_file: Path | None = Field(None, alias="AGENT_CONFIG")
    host: str = Field("127.0.0.1", alias="AGENT_HOST")
    port: int = Field(8080, alias="AGENT_PORT")
    secret_key: SecretStr | None = Field(None, alias="AGENT_SECRET_KEY")
    """Root of every other key; made in the data folder when absent."""
    runbooks: Path = Field(Path("runbooks"), alias="AGENT_RUNBOOKS")
    log_level: str = Field("INFO", alias="AGENT_LOG_LEVEL")

    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    openai_base_url: str = Field("", alias="OPENAI_BASE_URL")
    prometheus_url: str = Field("", alias="PROMETHEUS_URL")
    loki_url: str = Field("", alias="LOKI_URL")
    elasticsearch_url: str = Field("", alias="ELASTICSEARCH_URL")
    dd_api_key: SecretStr | None = Field(None, alias="DD_API_KEY")
    dd_app_key: SecretStr | None = Field(None, alias="DD_APP_KEY")
    dd_site: str = Field("datadoghq.com", alias="DD_SITE")
    jira_url: str = Field("", alias="JIRA_URL")
    jira_user: str = Field("", alias="JIRA_USER")
    jira_token: SecretStr | None = Field(None, alias="JIRA_TOKEN")
    jira_project: str = Field("", alias="JIRA_PROJECT")
    slack_bot_token: SecretStr | None = Field(None, alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(None, alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field("", alias="SLACK_API_URL")
    kubeconfig: str = Field("", alias="KUBECONFIG")

    def config(self) -> Config:
        """The YAML file, checked; the defaults when none is named."""
        if self.config_file is None:
            return Config()
        try:
            loaded = yaml.safe_load(self.config_file.read_text(encoding="utf-8")) or {}
            return Config.model_validate(loaded)
        except OSError as error:
            raise ConfigurationError(f"AGENT_CONFIG={self.config_file} cannot be read: {error.strerror}.") from error
        except yaml.YAMLError as error:
            raise ConfigurationError(f"AGENT_CONFIG={self.config_file} is not YAML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ConfigurationError(f"AGENT_CONFIG={self.config_file}: {where}: {first['msg']}.") from error

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
        first = error.errors()[0]
        raise ConfigurationError(f"{first['loc'][0]}: {first['msg']}.") from error
