"""How does one run in the lab become a case: history, fault, alert, and both ways on from there?"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from evals.lab.casefile import Arm, LogLine, Recording, Truth, read_log, write_case
from evals.lab.live import STEP_S, Lab
from evals.lab.receiver import Post, WebhookReceiver
from evals.lab.scenarios import FalseAlarm, Herring, Incident, Scenario
from evals.lab.shop.layout import Webhook
from evals.lab.shop.topology import SERVICES

METRICS = (
    *("service:up", "service:request_rate", "service:error_ratio", "service:latency_p95_seconds"),
    *("service:cpu_cores", "service:memory_bytes", "service:open_fds", "service:pool_in_use_ratio"),
    *("service:uptime_seconds", "service:collection_ratio"),
    *("route:request_rate", "route:error_ratio", "route:latency_p95_seconds"),
    *("edge:request_rate", "edge:error_ratio", "edge:latency_p95_seconds"),
    *("up", "pool_size", "pool_in_use", "store_connections", "build_info"),
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Pace:
    """How long each part of a recording takes, in seconds."""

    settle: float = 12.0
    """After the shop is healthy: until every rule's window is full of traffic."""
    history: float = 260.0
    alert_within: float = 150.0
    look: float = 10.0
    """From the alert to the moment at which the agent is asked."""
    unhealed: float = 100.0
    healed: float = 110.0
    resolved_within: float = 240.0
    calm: float = 10.0
    """What is kept after the alert was resolved."""


@dataclass(frozen=True)
class _Times:
    """When what happened, in seconds since the epoch."""

    history_start: float
    injected: float
    now: float
    unhealed_until: float
    action: float | None
    end: float


def record(scenario: Scenario, out: Path, pace: Pace, say: Say) -> Path:
    """Run the scenario in a lab of its own and write it below `out`; the case's folder.

    TimeoutError when the alert does not come, or does not resolve.
    """
    with (
        tempfile.TemporaryDirectory(prefix="lab-") as run,
        WebhookReceiver("lab") as receiver,
        Lab(Path(run) / "shop", Webhook(url=receiver.url, key=receiver.key)) as lab,
    ):
        lab.wait_healthy()
        time.sleep(pace.settle)
        say(f"{scenario.name}: healthy; {pace.history:.0f} s of history")
        recording = _run(scenario, lab, receiver, pace, say)
    folder = out / scenario.name
    write_case(recording, folder)
    return folder


def _run(scenario: Scenario, lab: Lab, receiver: WebhookReceiver, pace: Pace, say: Say) -> Recording:
    history_start = _on_step(time.time())
    _let_history_pass(scenario.herrings, lab, pace.history)
    injected = _disturb(scenario, lab)
    alert = receiver.wait_for(lambda post: _began_after(post, injected), pace.alert_within)
    say(f"{scenario.name}: Alertmanager posted {alert.at - injected:.0f} s after the injection")
    time.sleep(pace.look)
    now = _on_step(time.time())
    _sleep_until(now + pace.unhealed if isinstance(scenario, Incident) else injected + scenario.lasts_s)
    action = _end_it(scenario, lab)
    resolved = _wait_resolved(receiver, alert, pace)
    say(f"{scenario.name}: resolved at {datetime.fromtimestamp(resolved.at).astimezone():%H:%M:%S}")
    unhealed_until = action or max(resolved.at + pace.calm, now + pace.unhealed)
    end = max(resolved.at + pace.calm, (action or now) + pace.healed)
    _sleep_until(end)
    return _recording(scenario, lab, alert, resolved, _Times(history_start, injected, now, unhealed_until, action, end))


def _recording(scenario: Scenario, lab: Lab, alert: Post, resolved: Post, times: _Times) -> Recording:
    before = _observe(lab, times.history_start, times.now)
    return Recording(
        name=scenario.name,
        truth=_truth(scenario, times.injected),
        alert=alert.text,
        resolved=resolved.text,
        history_start=times.history_start,
        alert_at=_starts_at(alert),
        now=times.now,
        step_s=STEP_S,
        before=before,
        changes=[change for change in lab.shop.changes() if change.at.timestamp() <= times.now],
        unhealed=_observe(lab, times.now + STEP_S, times.unhealed_until),
        remedy=scenario.heal.remedy if isinstance(scenario, Incident) else None,
        action_at=times.action or 0.0,
        healed=_observe(lab, times.action, times.end) if times.action else Arm((), ()),
    )


def _let_history_pass(herrings: Sequence[Herring], lab: Lab, history_s: float) -> None:
    end = time.time() + history_s
    for herring in sorted(herrings, key=lambda one: -one.before_s):
        _sleep_until(end - herring.before_s)
        lab.shop.change(herring.service, herring.kind, herring.summary, herring.author)
    _sleep_until(end)


def _disturb(scenario: Scenario, lab: Lab) -> float:
    """When, in seconds since the epoch."""
    at = time.time()
    match scenario:
        case Incident(service=service, fault=fault, author=author):
            lab.shop.break_it(service, fault, author)
        case FalseAlarm(traffic=1.0, service=service, lasts_s=seconds):
            lab.shop.run_job(service, seconds)
        case FalseAlarm(traffic=factor):
            lab.shop.set_traffic(factor)
    return at


def _end_it(scenario: Scenario, lab: Lab) -> float | None:
    """Heal an incident, and say when; a false alarm just ends."""
    match scenario:
        case Incident(name=name, heal=heal):
            at = time.time()
            lab.shop.heal(heal.path, heal.body, key=f"record-{name}")
            return at
        case FalseAlarm():
            lab.shop.set_traffic(1.0)
            return None


def _began_after(post: Post, injected: float) -> bool:
    """A firing post whose firing alerts all began after the injection."""
    starts = [_epoch(alert["startsAt"]) for alert in post.body["alerts"] if alert["status"] == "firing"]
    return post.status == "firing" and min(starts, default=0.0) > injected


def _wait_resolved(receiver: WebhookReceiver, alert: Post, pace: Pace) -> Post:
    return receiver.wait_for(
        lambda post: post.status == "resolved" and post.group == alert.group and post.at > alert.at,
        pace.resolved_within,
    )


def _observe(lab: Lab, start: float, end: float) -> Arm:
    series = [one for metric in METRICS for one in lab.prometheus.ranges(metric, start, end, STEP_S)]
    logs: list[LogLine] = []
    for service in SERVICES:
        logs.extend(read_log(lab.layout.log_file(service), start, end))
    return Arm(series, logs)


def _truth(scenario: Scenario, injected: float) -> Truth:
    at = round(injected, 3)
    match scenario:
        case Incident(service=service, family=family, evidence=evidence):
            kind = scenario.called or scenario.fault
            return Truth(root_cause=service, fault_type=kind, fault_family=family, injected_at=at, evidence=evidence)
        case FalseAlarm(evidence=evidence):
            return Truth(root_cause="", fault_type="healthy", fault_family="none", injected_at=at, evidence=evidence)


def _starts_at(post: Post) -> float:
    return min(_epoch(alert["startsAt"]) for alert in post.body["alerts"] if alert["status"] == "firing")


def _epoch(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def _on_step(at: float) -> float:
    return at - at % STEP_S


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.time()))
