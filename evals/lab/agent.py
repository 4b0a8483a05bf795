"""How does the lab run an incident-agent of its own, and talk to it?  As an operator would: a process, keys, REST."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from agent.domain.alert import AlertStatus
from agent.domain.approval import Approval
from agent.domain.event import Recorded
from agent.domain.incident import Incident, IncidentStatus
from agent.entrypoints.cli.client import Client, Unreachable
from agent.identity import files
from agent.identity.local import FILE
from agent.settings import Settings
from agent.views import IncidentList, IncidentView
from evals.lab.monitoring import DidNotStart, wait_until
from evals.lab.processes import REPOSITORY, Leashed, free_ports
from evals.lab.shop.layout import HOST, Webhook

READY_WITHIN_S = 60.0
_SENDER = "lab"
_KEPT = ("AGENT_MODEL", "AGENT_MODEL_FALLBACKS", "AGENT_EMBEDDINGS", "OPENAI_API_KEY", "OPENAI_BASE_URL")
"""What of the caller's environment the agent sees: a model. No other back end, and nobody's data."""


class LabAgent:
    """`incident-agent serve` on a data folder of its own below `run`, until it is stopped.

    Its key for senders is made at once, so that whoever posts to it can be set up before it starts.
    """

    def __init__(self, run: Path) -> None:
        self.data = run / "agent"
        self.data.mkdir(mode=0o700, parents=True)
        self._log = run / "agent.log"
        self._port = free_ports(1)[0]
        self.url = f"http://{HOST}:{self._port}"
        self._key = self._create_key()
        self._process: Leashed | None = None
        self._client: Client | None = None

    def webhook(self, integration: str) -> Webhook:
        """Where an integration (`alertmanager`, `changes`) posts to, with its key."""
        return Webhook(url=f"{self.url}/webhooks/{integration}", key=self._key)

    def start(self, environment: Mapping[str, str]) -> None:
        """wait_ready() says when it answers."""
        command = [sys.executable, "-m", "agent", "serve", "--port", str(self._port)]
        self._process = Leashed("incident-agent", command, self._log, {**self._environment(), **environment})

    def wait_ready(self) -> None:
        """Until it answers; DidNotStart with its last words when it ends instead."""
        wait_until(self._serves, READY_WITHIN_S, self._process)

    def stop(self) -> None:
        if self._client is not None:
            self._client.__exit__()
        if self._process is not None:
            self._process.stop()

    def journal(self, after: int = 0) -> list[Recorded]:
        """Its journal from the entry after `after`, one page."""
        return [Recorded.model_validate(entry) for entry in self._rest.get("/api/audit", after=after)["entries"]]

    def incident(self, incident: str) -> IncidentView:
        return IncidentView.model_validate(self._rest.get(f"/api/incidents/{incident}"))

    def open_incidents(self) -> list[Incident]:
        """All that are not closed."""
        found = IncidentList.model_validate(self._rest.get("/api/incidents"))
        return [one for one in found.incidents if one.status is not IncidentStatus.CLOSED]

    def approval(self, approval: str) -> Approval:
        return Approval.model_validate(self._rest.get(f"/api/approvals/{approval}"))

    def decide(self, approval: str, decision: str, reason: str) -> None:
        """AgentError, in the agent's words, when it was decided elsewhere or has expired."""
        self._rest.post(f"/api/approvals/{approval}", {"decision": decision, "reason": reason})

    def close(self, incident: str) -> None:
        """AgentError when it is closed already."""
        self._rest.post(f"/api/incidents/{incident}/close")

    @property
    def _rest(self) -> Client:
        if self._client is None:
            self._client = Client(self.url, files.read(self.data / FILE))
        return self._client

    def _serves(self) -> bool:
        try:
            return (self.data / FILE).exists() and self.journal() is not None
        except Unreachable:
            return False

    def _environment(self) -> dict[str, str]:
        aliases = {str(field.alias) for field in Settings.model_fields.values()} - set(_KEPT)
        own = {"AGENT_DATA": str(self.data), "AGENT_HOST": HOST, "AGENT_RUNBOOKS": str(REPOSITORY / "runbooks")}
        return dict.fromkeys(aliases, "") | own

    def _create_key(self) -> str:
        command = [sys.executable, "-m", "agent", "keys", "create", _SENDER, "--scope", "ingest", "--json"]
        environment = {**os.environ, **self._environment()}
        made = subprocess.run(  # noqa: S603 (our own argument list)
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise DidNotStart(f"incident-agent could not make a key: {made.stderr.strip()}")
        return str(json.loads(made.stdout)["key"])


def alerts_over(seen: IncidentView) -> bool:
    """Has the sender said of every series of the incident, last, that it is over?"""
    latest = {placed.alert.series: placed.alert.status for placed in seen.alerts}
    return bool(latest) and set(latest.values()) == {AlertStatus.RESOLVED}
