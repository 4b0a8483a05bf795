"""One incident, live: a fault, the alert by itself, the diagnosis, your decision, the cure, its proof, and the end?"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.domain.alert import AlertStatus
from agent.domain.errors import AgentError
from agent.domain.event import EventType, Recorded
from agent.domain.incident import IncidentStatus
from agent.views import IncidentView
from evals.lab.agent import LabAgent, alerts_over
from evals.lab.live import Lab
from evals.lab.monitoring import wait_until
from evals.lab.scenarios import Incident
from evals.lab.shop.effects import Effect
from evals.lab.shop.topology import SERVICES
from evals.lab.transcript import Said, Transcript, Who

Answer = Literal["ask", "approve", "deny"]
_LOOK_AGAIN_S = 0.2
_FAULT = "FAULT ON"
_QUIET = {
    EventType.INCIDENT_STATUS,
    EventType.TRIAGED,
    EventType.RECALLED,
    EventType.APPROVAL_REQUESTED,
    EventType.EFFECT_INTENT,
    EventType.REPORTED,
}
"""What the story tells in other words, or what adds nothing to it."""
_NAMED = {
    EventType.ACTION_PROPOSED: "Proposes: ",
    EventType.ACTION_REFUSED: "Refused: ",
    EventType.EFFECT_OUTCOME: "Effect ",
    EventType.VERIFIED: "Verified: ",
    EventType.PARKED: "Parked: ",
}
"""Events whose sentence does not say by itself what they are."""
_KEY = 12
"""Characters of an effect's key that are shown."""


@dataclass(frozen=True)
class Wish:
    """Which fault, and who answers the question."""

    scenario: Incident
    answer: Answer = "ask"


@dataclass(frozen=True)
class Pace:
    """How long each part may take, in seconds."""

    history: float = 60.0
    """From a healthy shop to the fault: what the analysis compares with."""
    alert_within: float = 150.0
    report_within: float = 300.0
    """From the alert to the report; the time a person takes to answer does not count."""
    resolved_within: float = 150.0
    learned_within: float = 30.0


@dataclass(frozen=True)
class Ending:
    """How it ended, as the parts themselves say."""

    incident: IncidentView
    """As the agent shows it at the end."""
    effects: tuple[Effect, ...]
    """What the shop's own journal holds."""
    resolved: bool
    """Alertmanager said that every alert of the incident is over."""

    @property
    def cause(self) -> str:
        """The component that was diagnosed; empty when none was."""
        diagnosis = self.incident.runs[-1].diagnosis if self.incident.runs else None
        return diagnosis.component if diagnosis else ""

    @property
    def recovered(self) -> bool:
        """The agent verified it in Prometheus."""
        last = [one.event.facts for one in self.incident.timeline if one.event.type is EventType.VERIFIED]
        return bool(last) and last[-1]["recovered"] is True

    def as_asked(self, wish: Wish) -> bool:
        """Healed by one effect and closed when approved; untouched and parked when denied."""
        if any(approval.status == "denied" for approval in self.incident.approvals) or wish.answer == "deny":
            return not self.effects and self.incident.incident.status is IncidentStatus.PARKED
        healed = len(self.effects) == 1 and self.recovered and self.resolved
        return healed and self.incident.incident.status is IncidentStatus.CLOSED


def run(wish: Wish, pace: Pace, told: Transcript, folder: Path, ask: Callable[[str], str] = input) -> Ending:
    """The whole story, with everything it writes in `folder`; everything it started has ended when this returns.

    NotInstalled, DidNotStart or TimeoutError when a part is missing, does not come up, or does not do its part in time.
    """
    with _parts(told, folder) as parts:
        return _Story(parts, wish, pace, told, ask).through()


@contextmanager
def _parts(told: Transcript, folder: Path) -> Iterator[tuple[Lab, LabAgent]]:
    told.say("lab", f"Starting a shop of {len(SERVICES)} services, Prometheus, Alertmanager and incident-agent.")
    agent = LabAgent(folder)
    lab = Lab(folder / "shop", agent.webhook("alertmanager"), changes=agent.webhook("changes"))
    config = folder / "agent.yaml"
    lab.write_agent_config(config)
    try:
        agent.start(lab.agent_environment(config))
        with lab:
            agent.wait_ready()
            told.say("lab", f"All of them answer. Prometheus: {lab.prometheus.url}. The agent's page: {agent.url}.")
            yield lab, agent
            told.say("lab", "Ending every process; nothing stays behind.")
    finally:
        agent.stop()


class _Story:
    def __init__(
        self, parts: tuple[Lab, LabAgent], wish: Wish, pace: Pace, told: Transcript, ask: Callable[[str], str]
    ) -> None:
        self._lab, self._agent = parts
        self._wish = wish
        self._pace = pace
        self._told = told
        self._ask = ask
        self._read = 0
        """The last entry of the agent's journal that was told."""
        self._alerts: dict[str, AlertStatus] = {}
        """By series, the status that was told."""

    def through(self) -> Ending:
        self._let_history_pass()
        self._break()
        incident = self._alert()
        self._follow(incident)
        if self._lab.effects():
            self._show_effects()
            self._await_resolved(incident)
            self._close(incident)
        else:
            self._show_unhealed()
        return self._end(incident)

    def _let_history_pass(self) -> None:
        self._told.say("lab", "Waiting until Prometheus sees every service up, every call used, and nothing failing.")
        self._lab.wait_healthy()
        seconds = self._pace.history
        self._told.say("prometheus", f"The shop is healthy. {seconds:.0f} s of history, to compare with, come next.")
        time.sleep(seconds)
        self._close_what_the_start_set_off()
        self._read = _last(self._agent.journal(), 0)

    def _close_what_the_start_set_off(self) -> None:
        """On a busy machine the first requests are slow enough to page: the fault's incident must be a new one."""
        wait_until(lambda: not self._lab.prometheus.value("count(ALERTS)"), self._pace.resolved_within)
        for known in self._agent.open_incidents():
            self._wait_over(known.id)
            self._agent.close(known.id)
            self._told.say("lab", f"The start itself set off “{known.title}”: over, and closed.")

    def _break(self) -> None:
        scenario = self._wish.scenario
        self._lab.shop.break_it(scenario.service, scenario.fault, scenario.author)
        self._told.say("lab", f"{_FAULT}: {scenario.fault} of {scenario.service}. The agent is not told.")
        for change in self._lab.shop.changes():
            self._told.say("shop", f"{change.author} ({change.kind}): {change.summary}")

    def _alert(self) -> str:
        """The incident that the alert became."""
        end = time.monotonic() + self._pace.alert_within
        while time.monotonic() < end:
            for entry in self._news():
                if entry.event.type is EventType.INCIDENT_OPENED and entry.event.incident:
                    self._tell_alerts(entry.event.incident)
                    self._tell(entry)
                    return entry.event.incident
            time.sleep(_LOOK_AGAIN_S)
        raise TimeoutError(f"No alert came within {self._pace.alert_within:.0f} s of the fault.")

    def _follow(self, incident: str) -> None:
        """Tell the journal entry by entry, ask when it asks, until the report is written."""
        end = time.monotonic() + self._pace.report_within
        while time.monotonic() < end:
            for entry in self._news():
                if entry.event.type is EventType.ALERT_PLACED:
                    self._tell_alerts(incident)
                if entry.event.incident != incident:
                    continue
                self._tell(entry)
                if entry.event.type is EventType.APPROVAL_REQUESTED:
                    end += self._decide(str(entry.event.facts["approval"]))
                if entry.event.type is EventType.REPORTED:
                    return
            time.sleep(_LOOK_AGAIN_S)
        raise TimeoutError(f"The agent wrote no report within {self._pace.report_within:.0f} s.")

    def _decide(self, approval: str) -> float:
        """Show the question and give the answer; how long a person took, in seconds."""
        began = time.monotonic()
        self._told.say("agent", "Asks:")
        self._told.quote(self._agent.approval(approval).shown)
        decision = self._answer()
        try:
            self._agent.decide(approval, decision, "decided in the lab")
            self._told.say(
                "you", f"{decision.upper()}" + (" (as told beforehand)" if self._wish.answer != "ask" else "")
            )
        except AgentError as already:
            self._told.say("agent", str(already))
        return time.monotonic() - began

    def _answer(self) -> str:
        if self._wish.answer != "ask":
            return self._wish.answer
        return "approve" if self._ask("Approve? [y/n] ").strip().lower() in {"y", "yes"} else "deny"

    def _show_effects(self) -> None:
        """What the shop's own journal holds: the agent's word is not taken for it."""
        effects = self._lab.effects()
        for effect in effects:
            key = f"{effect.key[:_KEY]}…"
            self._told.say("shop", f"Its own journal: {effect.method} {effect.path} -> {effect.status}, key {key}")
        state = self._lab.shop.state(self._wish.scenario.service)
        runs = f"{state.service} runs {state.version}, process {state.pid}" if state.pid else f"{state.service} is down"
        self._told.say("shop", f"Effects in all: {len(effects)}; {runs}.")
        self._told.say("prometheus", self._failing())

    def _await_resolved(self, incident: str) -> None:
        self._wait_over(incident)
        self._tell_alerts(incident)

    def _wait_over(self, incident: str) -> None:
        wait_until(lambda: alerts_over(self._agent.incident(incident)), self._pace.resolved_within)

    def _close(self, incident: str) -> None:
        self._told.say("you", "Close it. (Left alone, it closes itself after the quiet period.)")
        self._agent.close(incident)
        end = time.monotonic() + self._pace.learned_within
        while time.monotonic() < end:
            for entry in self._news():
                if entry.event.incident == incident:
                    self._tell(entry, closing=True)
                if entry.event.type is EventType.LEARNED:
                    return
            time.sleep(_LOOK_AGAIN_S)

    def _show_unhealed(self) -> None:
        self._told.say("shop", "Its own journal is empty: nothing was done to it.")
        self._told.say("prometheus", self._failing())

    def _failing(self) -> str:
        worst = self._lab.prometheus.value('max(route:error_ratio{service="frontend"})') or 0.0
        slowest = self._lab.prometheus.value('max(route:latency_p95_seconds{service="frontend"})') or 0.0
        return (
            f"Of the worst route's requests {worst:.0%} fail; of the slowest, one in twenty takes over {slowest:.2g} s."
        )

    def _end(self, incident: str) -> Ending:
        seen = self._agent.incident(incident)
        ending = Ending(seen, tuple(self._lab.effects()), alerts_over(seen))
        words = "as it was meant to" if ending.as_asked(self._wish) else "OTHERWISE THAN ASKED FOR"
        known = seen.incident
        self._told.say("lab", f"It ended {words}: the incident is {known.status}, effects: {len(ending.effects)}.")
        return ending

    def _news(self) -> list[Recorded]:
        entries = self._agent.journal(self._read)
        self._read = _last(entries, self._read)
        return entries

    def _tell(self, entry: Recorded, *, closing: bool = False) -> None:
        kind = entry.event.type
        if kind in _QUIET and not (closing and kind is EventType.INCIDENT_STATUS):
            return
        who: Who = "prometheus" if kind is EventType.VERIFIED else "agent"
        self._told.say(who, _NAMED.get(kind, "") + entry.event.text)

    def _tell_alerts(self, incident: str) -> None:
        """What Alertmanager said of each series since the last look."""
        latest = {placed.alert.series: placed.alert for placed in self._agent.incident(incident).alerts}
        for series, alert in latest.items():
            if self._alerts.get(series) is alert.status:
                continue
            self._alerts[series] = alert.status
            about = " ".join(part for part in (alert.service, alert.labels.get("route", "")) if part)
            words = f": {alert.annotations.get('summary', '')}" if alert.status is AlertStatus.FIRING else ""
            self._told.say("alertmanager", f"{alert.status.upper()} {alert.name} {about}{words}")


def _last(entries: list[Recorded], before: int) -> int:
    return entries[-1].sequence if entries else before


def excerpt(said: Sequence[Said]) -> list[Said]:
    """From the fault on, without the last words about ending the processes: what a picture shows."""
    began = next((number for number, one in enumerate(said) if one.text.startswith(_FAULT)), 0)
    return list(said[began:-1])


def may_ask() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin.isatty()
