"""`demo`: the recorded incident travels the whole line, and a person decides."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from agent.bootstrap import Application, Replaced, bootstrap
from agent.bootstrap.actions import executors_for
from agent.bootstrap.machine import SystemClock
from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.errors import ConfigurationError
from agent.domain.event import EventType, Recorded
from agent.domain.incident import IncidentStatus
from agent.domain.rules import Policy
from agent.entrypoints.cli.client import Client
from agent.entrypoints.dashboard.codes import one_time_code
from agent.entrypoints.demo.question import answered
from agent.entrypoints.demo.recording import Recording, recordings
from agent.entrypoints.demo.replay import Replay
from agent.entrypoints.demo.shop import ReplayedShop
from agent.entrypoints.server import listening_on, running, server
from agent.entrypoints.serving import Serving, serving
from agent.settings import Settings
from agent.views import PAGE, IncidentView
from tools.wording import cut

Answer = Literal["ask", "approve", "deny"]

_LOOK_AGAIN = 0.1
"""Seconds."""
_MOVES = {EventType.INCIDENT_STATUS, EventType.PARKED}
_CASES = Path(__file__).parents[3] / "evals" / "cases"
_FIRST = "deploy-payment"
"""What is replayed unless another is named."""


@dataclass(frozen=True)
class Wish:
    """How the demo is to be run."""

    case: str = ""
    answer: Answer = "ask"
    as_json: bool = False
    stay: bool = False
    """Serve on the configured address and data folder, and go on serving at the end."""


async def demo(settings: Settings, wish: Wish) -> int:
    """Run it; the exit code: 0 when it ended as the answer asked for."""
    clock = SystemClock()
    recording = _chosen(wish.case)
    replay = Replay(recording, clock)
    shop = ReplayedShop(recording.services, recording.heals, replay.heal)
    async with AsyncExitStack() as opened:
        folder = settings.data if wish.stay else Path(opened.enter_context(tempfile.TemporaryDirectory()))
        control = await opened.enter_async_context(_served(shop))
        replaced = Replaced(
            clock=clock,
            sources=replay.sources,
            executors=executors_for("shop-control", control, shop.token),
            policy=Policy(autonomy="approve"),
        )
        own = settings.model_copy(update={"data": folder} if wish.stay else {"data": folder, "port": 0})
        application = await opened.enter_async_context(bootstrap(own, replaced))
        agent = await opened.enter_async_context(serving(application))
        told = await _Told(application, agent, recording, replay, wish).through()
        if wish.stay:
            _say(f"\nStill serving at {agent.url}; stop it with Ctrl-C.")
            await agent.end()
        return told


class _Told:
    """The demo as it is told on the terminal."""

    def __init__(
        self, application: Application, running: Serving, recording: Recording, replay: Replay, wish: Wish
    ) -> None:
        self._application = application
        self._running = running
        self._recording = recording
        self._replay = replay
        self._wish = wish
        self._began = time.monotonic()

    async def through(self) -> int:
        operator = self._application.identity.local_operator
        if operator is None:
            raise ConfigurationError("This data folder has keys of its own; run the demo on another: AGENT_DATA=demo.")
        enter = f"{self._running.url}/enter/{one_time_code(self._application)}"
        _say(f"Serving at {self._running.url}. Watch and decide there, signed in by this link, which works once:")
        _say(f"\n    {enter}\n\nReplaying the recorded incident “{self._recording.folder.name}”.\n")
        with Client(self._running.url, operator) as client:
            await self._put_away(client)
            after = await self._application.views.journal_head()
            incident = await self._post(client)
            await self._follow(client, incident, after)
        seen = await self._application.views.incident(incident)
        self._conclude(seen)
        return 0 if _as_asked(seen, self._wish.answer) else 1

    async def _put_away(self, client: Client) -> None:
        """Close what an earlier replay left: this one is another world, and its alert must not join that."""
        replayed = [labels for recording in recordings(_CASES) for labels in recording.labels]
        for one in (await self._application.views.incidents(limit=PAGE)).incidents:
            alerts = (await self._application.views.incident(one.id)).alerts
            if one.status is not IncidentStatus.CLOSED and all(placed.alert.labels in replayed for placed in alerts):
                await asyncio.to_thread(client.post, f"/api/incidents/{one.id}/close", {})
                _say(f"Closed {one.id}, which an earlier replay had left.\n")

    async def _post(self, client: Client) -> str:
        """Post what Alertmanager posted, through the webhook; the incident it became."""
        body = json.loads(self._recording.alert(self._replay.shift))
        receipt = await asyncio.to_thread(client.post, "/webhooks/alertmanager", body)
        while True:
            placed = (await self._application.views.receipt(receipt["receipt"])).alerts
            found = [alert.incident for alert in placed if alert.incident]
            if found and all(alert.fate for alert in placed):
                return found[0]
            await asyncio.sleep(_LOOK_AGAIN)

    async def _follow(self, client: Client, incident: str, after: int) -> None:
        """Tell the journal line by line; ask when it asks; end when the report is written."""
        while True:
            for entry in await self._application.views.audit(after):
                after = entry.sequence
                if entry.event.incident in {incident, None}:
                    self._tell(entry)
                if entry.event.incident != incident:
                    continue
                if entry.event.type is EventType.APPROVAL_REQUESTED:
                    await self._decide(client, str(entry.event.facts["approval"]))
                if entry.event.type is EventType.REPORTED:
                    return
            await asyncio.sleep(_LOOK_AGAIN)

    async def _decide(self, client: Client, approval: str) -> None:
        asked = await self._application.views.approval(approval)
        _say("\n" + "\n".join("    " + line for line in asked.shown.splitlines()) + "\n")
        decision = await self._answer(asked) if self._wish.answer == "ask" else self._wish.answer
        if decision is None:
            return
        body = {"decision": decision, "reason": "decided in the demo"}
        await asyncio.to_thread(client.post, f"/api/approvals/{approval}", body)

    async def _answer(self, asked: Approval) -> str | None:
        """What the person says; None when it was decided elsewhere, or is to be."""
        if sys.stdin.isatty():
            said = await answered(sys.stdin.fileno(), partial(self._waits, asked.id), _prompt)
            if said:
                return said
            _say("")
            if not await self._waits(asked.id):
                return None
        _say(f"    Decide on the page, or with: incident-agent approvals approve {asked.id}\n")
        return None

    async def _waits(self, approval: str) -> bool:
        return (await self._application.views.approval(approval)).status is ApprovalStatus.PENDING

    def _tell(self, entry: Recorded) -> None:
        since = time.monotonic() - self._began
        _say(f"{since:6.1f} s  {entry.event.type.replace('_', ' '):<19} {cut(entry.event.text, 160)}")

    def _conclude(self, seen: IncidentView) -> None:
        run = seen.runs[-1]
        if not self._wish.as_json:
            from agent.entrypoints.cli.say import say_markdown

            say_markdown(run.report or "")
            _say(f"\n{seen.incident.id} is {seen.incident.status}: {_outcome(seen)}")
            return
        print(json.dumps(_summary(seen, time.monotonic() - self._began)))  # noqa: T201 (what --json promises)


def _outcome(seen: IncidentView) -> str:
    """Why it stands as it does: the last move says."""
    moves = [entry.event.text for entry in seen.timeline if entry.event.type in _MOVES]
    return moves[-1] if moves else ""


def _as_asked(seen: IncidentView, answer: Answer) -> bool:
    """Approved, it must be healed; denied, nothing may have been done. Where nothing was asked, there was no answer."""
    if not seen.approvals:
        return not seen.effects
    match answer:
        case "approve":
            return seen.incident.status is IncidentStatus.RESOLVED
        case "deny":
            return seen.incident.status is IncidentStatus.PARKED and not seen.effects
        case "ask":
            return True


def _summary(seen: IncidentView, seconds: float) -> dict[str, Any]:
    """The one JSON object that scripts read."""
    diagnosis = seen.runs[-1].diagnosis
    verified = [entry.event.facts for entry in seen.timeline if entry.event.type is EventType.VERIFIED]
    return {
        "incident": seen.incident.id,
        "status": seen.incident.status,
        "analysed_by": diagnosis.analysed_by if diagnosis else None,
        "verdict": diagnosis.verdict if diagnosis else None,
        "suspects": [
            {"component": one.component, "score": one.score, "why": one.why, "evidence": list(one.evidence)}
            for one in (diagnosis.suspects if diagnosis else ())
        ],
        "cause": diagnosis.component if diagnosis else "",
        "approval": seen.approvals[0].status if seen.approvals else None,
        "effects": [{"name": one.name, "kind": one.kind, "status": one.status} for one in seen.effects],
        "verified": bool(verified and verified[-1].get("recovered")),
        "seconds": round(seconds, 2),
    }


def _chosen(name: str) -> Recording:
    found = {recording.folder.name: recording for recording in recordings(_CASES)}
    wanted = name or (_FIRST if _FIRST in found else next(iter(found)))
    if wanted not in found:
        raise ConfigurationError(f"There is no recorded incident {wanted!r}; there are: {', '.join(found)}.")
    return found[wanted]


@asynccontextmanager
async def _served(shop: ReplayedShop) -> AsyncIterator[str]:
    web = server(shop.app, "127.0.0.1", 0)
    async with running(web):
        yield f"http://127.0.0.1:{listening_on(web)[1]}"


def _say(text: str) -> None:
    """To the terminal, on standard error: standard output belongs to the report, or to --json."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 (a command's own words)


def _prompt(text: str) -> None:
    print(f"    {text}", end="", file=sys.stderr, flush=True)  # noqa: T201 (a command's own words)
