"""An application with a Slack beside it, people in both, and an incident that asks a question."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import httpx2
from pydantic import SecretStr

from agent.bootstrap import Application, Replaced, bootstrap
from agent.domain.alert import Severity
from agent.domain.approval import Approval
from agent.domain.event import Event, EventType
from agent.domain.incident import Incident, IncidentStatus
from agent.domain.remediation import Risk
from agent.entrypoints.slack.socket_mode import connected
from agent.ports import Clock
from agent.settings import Settings
from agent.storage import incidents
from agent.storage.deliveries import SqlDeliveries
from agent.testing import NoMemory
from tests.farends.slack import APP_TOKEN, SIGNING_SECRET, TOKEN, Posted, SlackFarEnd
from tests.integration.agent.storage.proposals import proposal
from tests.served import reached
from tests.until import until

CONFIG = """\
slack:
  channel: C0INCIDENTS
  workspace: T0TEAM
  people: {U0ANN: ann, U0BERT: bert, U0EVE: eve}
teams:
  payments: {slack_channel: C0PAYMENTS}
"""
By = Literal["http", "socket"]
PATIENCE = 60
"""Seconds a test waits for something that takes none."""


@dataclass
class Office:
    application: Application
    slack: SlackFarEnd
    http: httpx2.AsyncClient
    by: By = "http"

    async def deliver(self, posted: Posted, **headers: str) -> httpx2.Response:
        """What Slack is answered, by whichever door, once what it delivered is done."""
        answer = await self.answered(posted, **headers)
        await self.settled()
        return answer

    async def settled(self) -> None:
        """Whatever Slack delivered is done."""
        async with asyncio.timeout(PATIENCE):
            while await self.deliveries.waiting():
                await asyncio.sleep(0.005)

    @property
    def deliveries(self) -> SqlDeliveries:
        key = self.application.identity.secrets.derive("deliveries")
        return SqlDeliveries(self.application.record.database, self.application.clock, key)

    async def answered(self, posted: Posted, **headers: str) -> httpx2.Response:
        """The same, at once."""
        if self.by == "socket":
            told = await self.slack.deliver_down_the_line(posted)
            return httpx2.Response(200, json=told) if told else httpx2.Response(200)
        return await self.http.post("/slack/events", content=posted.body, headers={**posted.headers, **headers})

    async def click(self, button: str, user: str, value: str = "") -> httpx2.Response:
        return await self.deliver(self.slack.click(button, user, self.now, value=value))

    async def command(self, text: str, user: str = "U0ANN") -> str:
        """What the person is told."""
        answer = await self.deliver(self.slack.command(text, user, self.now))
        assert answer.status_code == 200
        return str(answer.json()["text"])

    @property
    def now(self) -> datetime:
        return self.application.clock.now()

    async def incident(self, id_: str = "inc-1", **changed: object) -> Incident:
        values = {
            "id": id_,
            "status": IncidentStatus.AWAITING_APPROVAL,
            "severity": Severity.HIGH,
            "title": "High errors on cart",
            "service": "cart",
            "labels": {"service": "cart"},
            "opened_at": self.now,
            "updated_at": self.now,
            **changed,
        }
        opened = Incident.model_validate(values)
        await self.application.record.database.write(lambda connection: incidents.insert(connection, opened))
        await self.tell(EventType.INCIDENT_OPENED, id_, f"Opened: {opened.title}.")
        return opened

    async def ask(self, incident: str = "inc-1", risk: Risk = Risk.LOW, shown: str = "Restart cart?") -> Approval:
        what = proposal(incident, risk=risk)
        valid = timedelta(minutes=15)
        return await self.application.record.approvals.request(what, "a human is asked", shown, valid)

    async def tell(self, kind: EventType, incident: str, text: str) -> None:
        await self.application.record.journal.record(Event(type=kind, incident=incident, text=text))

    async def dispatch(self) -> None:
        await self.application.dispatcher.dispatch()

    async def approval(self, id_: str) -> Approval:
        return await self.application.views.approval(id_)

    async def whispered(self, number: int = 1) -> list[str]:
        """What was told to persons alone, once there are so many."""
        await until(lambda: len(self.slack.whispers) >= number)
        return [text for _, text in self.slack.whispers]

    async def redrawn(self, words: str) -> str:
        """The card, once it says so."""
        await until(lambda: words in self.slack.card().shown)
        return self.slack.card().shown


@asynccontextmanager
async def office(
    folder: Path,
    people: Mapping[str, tuple[str, ...]] | None = None,
    *,
    by: By = "http",
    slack_too: str = "",
    clock: Clock | None = None,
) -> AsyncIterator[Office]:
    """`people`: name -> scopes of their keys; `by`: how Slack's deliveries come; `slack_too`: more about Slack."""
    config = folder / "agent.yaml"
    config.write_text(CONFIG.replace("slack:\n", f"slack:\n  {slack_too}\n"))
    with SlackFarEnd() as slack:
        settings = Settings.model_construct(
            data=folder / "data",
            runbooks=folder / "none",
            config_file=config,
            slack_bot_token=SecretStr(TOKEN),
            slack_signing_secret=SecretStr(SIGNING_SECRET),
            slack_app_token=SecretStr(APP_TOKEN) if by == "socket" else None,
            slack_api_url=slack.api,
        )
        async with (
            bootstrap(settings, Replaced(memory=NoMemory(), clock=clock)) as application,
            connected(application),
            reached(application) as http,
        ):
            scopes = people or {"ann": ("admin",), "bert": ("approve:high", "ask"), "eve": ("read", "ask")}
            for name, held in scopes.items():
                await application.identity.keys.create(name, "person", held)  # type: ignore[arg-type]  # scopes, as text
            yield Office(application, slack, http, by)
