"""What is told to operators while it runs: structured log lines, and the numbers Prometheus collects."""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TextIO

from tools.invisible import written_out

_FIELDS: ContextVar[Mapping[str, object]] = ContextVar("fields", default=MappingProxyType({}))


class Log:
    """A logger that takes fields: `log.info("job finished", incident=job.incident, seconds=took)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, message: str, **fields: object) -> None:
        self._write(logging.DEBUG, message, fields)

    def info(self, message: str, **fields: object) -> None:
        self._write(logging.INFO, message, fields)

    def warning(self, message: str, **fields: object) -> None:
        self._write(logging.WARNING, message, fields)

    def error(self, message: str, *, because: BaseException | None = None, **fields: object) -> None:
        """`because`: its type and text are logged always, its traceback at the level DEBUG."""
        self._write(logging.ERROR, message, fields, because)

    def _write(
        self, level: int, message: str, fields: Mapping[str, object], because: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            extra = {"fields": {**_FIELDS.get(), **fields}}
            self._logger.log(level, "%s", message, extra=extra, exc_info=because)


@contextmanager
def logged_with(**fields: object) -> Iterator[None]:
    """Every line logged inside, in this task, carries these fields."""
    token = _FIELDS.set({**_FIELDS.get(), **fields})
    try:
        yield
    finally:
        _FIELDS.reset(token)


def configure(level: str, *, secrets: tuple[str, ...] = (), stream: TextIO | None = None, people: bool = False) -> None:
    """Send every logger of the process to `stream` (standard error): one JSON object a line, or a line for people.

    `secrets` are the values that must never be written; they are replaced wherever they turn up, in other
    libraries' lines and in tracebacks too.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter((_ForPeople if people else _AsJson)(secrets))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in (
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "urllib3",
        "kubernetes",
        "asyncio",
        "chromadb",
        "alembic",
        "uvicorn",
    ):
        logging.getLogger(chatty).setLevel(logging.WARNING)


_SECRET_FIELD = re.compile(r"(?i)(token|secret|password|passwd|authorization|cookie|api_?key|app_?key|private_?key)")
_SECRET_TEXT = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 ***"),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), r"\1***@"),
)
_HIDDEN = "***"


class _Formatter(logging.Formatter):
    """What both forms share: the fields of a record, without secrets."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__()
        # The longest first, so that a secret that contains another leaves no tail.
        self._secrets = sorted((s for s in secrets if s), key=len, reverse=True)

    def _message(self, record: logging.LogRecord) -> str:
        return self._hide(record.getMessage())

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        fields = {k: self._value(k, v) for k, v in getattr(record, "fields", {}).items()}
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = self._hide(f"{record.exc_info[1].__class__.__name__}: {record.exc_info[1]}")
            if logging.getLogger().isEnabledFor(logging.DEBUG):
                fields["traceback"] = self._hide(self.formatException(record.exc_info))
        return fields

    def _value(self, name: str, value: object) -> Any:
        if _SECRET_FIELD.search(name):
            return _HIDDEN
        match value:
            case None | bool() | int() | float():
                return value
            case Mapping():
                return {str(k): self._value(str(k), v) for k, v in value.items()}
            case list() | tuple():
                return [self._value("", v) for v in value]
            case datetime():
                return value.astimezone(UTC).isoformat()
            case _:
                return self._hide(str(value))

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        for pattern, instead in _SECRET_TEXT:
            text = pattern.sub(instead, text)
        return text


class _AsJson(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        for name, value in self._fields(record).items():
            line.setdefault(name, value)
        # JSON escapes the newline and the escape character by itself, the rest of what steers a terminal it does not.
        return written_out(json.dumps(line, ensure_ascii=False, default=str))


class _ForPeople(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%SZ")
        fields = " ".join(f"{k}={v}" for k, v in self._fields(record).items())
        return written_out(f"{at} {record.levelname.lower():7} {self._message(record)} {fields}".rstrip())


class Meters:
    """The numbers the agent publishes, but for those of models (`agent.llm.usage`), which join the same registry.

    One object a process, made by the composition root.

    Labels are closed sets (integrations, statuses, models that are configured): nothing an outsider sends
    becomes a label, so that nobody can blow up the number of series.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(name, says, labels, registry=self.registry)

        def gauge(name: str, says: str, *labels: str) -> Gauge:
            return Gauge(name, says, labels, registry=self.registry)

        def histogram(name: str, says: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, says, labels, buckets=buckets, registry=self.registry)

        self.webhooks = counter("incident_agent_webhooks", "Webhook requests answered", "integration", "code")
        self.rate_limited = counter(
            "incident_agent_rate_limited", "Requests refused because their sender came too often", "door", "limit"
        )
        self.intake_seconds = histogram(
            "incident_agent_intake_seconds",
            "From the first byte of a webhook to its receipt, stored",
            ("integration",),
            (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )

        # What the record holds now: every process says the same, so that dashboards take the maximum, not the sum.
        self.alerts = gauge("incident_agent_alerts", "Alerts, by where they ended", "fate")
        self.incidents = gauge("incident_agent_incidents", "Incidents now, by status", "status")
        self.queue_depth = gauge("incident_agent_queue_depth", "Jobs waiting", "state")
        self.queue_age = gauge("incident_agent_queue_oldest_seconds", "Age of the oldest job that is due")
        self.actions_paused = gauge("incident_agent_actions_paused", "1 while every action is stopped")

        # What the journal has told since this process began: again the same in every process.
        self.journal_sequence = gauge("incident_agent_journal_sequence", "Sequence number of the latest entry seen")
        self.journal_broken = gauge("incident_agent_journal_broken", "1 once an entry does not follow the one before")
        self.incidents_opened = counter("incident_agent_incidents_opened", "Incidents opened", "severity")
        self.incidents_reopened = counter("incident_agent_incidents_reopened", "New episodes of known incidents")
        self.diagnoses = counter("incident_agent_diagnoses", "Diagnoses made", "verdict")
        self.claims_dropped = counter(
            "incident_agent_claims_dropped", "Statements left out of diagnoses: the evidence does not bear them out"
        )
        self.time_to_diagnosis = histogram(
            "incident_agent_time_to_diagnosis_seconds",
            "From an incident's opening to its diagnosis",
            (),
            (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
        )
        self.approvals = counter("incident_agent_approvals", "Approvals, by what became of them", "status")
        self.approval_wait = histogram(
            "incident_agent_approval_wait_seconds",
            "From the question to a human's decision",
            (),
            (10, 30, 60, 120, 300, 600, 900, 1800),
        )
        self.effects = counter("incident_agent_effects", "Effects on the outside", "kind", "status")
        self.verifications = counter("incident_agent_verifications", "Actions verified", "outcome")
        self.jobs_dead = counter("incident_agent_jobs_dead", "Jobs set aside after the third failure")
        self.parked = counter("incident_agent_parked", "Incidents handed to a human")

        # A series that begins at 1 shows no increase; what an alert rule watches therefore begins at 0.
        for kind in ("action", "rollback", "ticket", "message"):
            self.effects.labels(kind, "unknown")

    def exposition(self) -> bytes:
        """The page Prometheus reads, in its text format."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)
