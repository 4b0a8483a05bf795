from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from prometheus_client import CollectorRegistry

from agent.domain.event import Event, EventType, Recorded
from agent.entrypoints.counting import Counting
from agent.telemetry import Meters

START = datetime(2026, 11, 21, 3, tzinfo=UTC)


@dataclass
class Journal:
    """`Views`, as far as it tells of the journal; entries chained as the real one chains them."""

    entries: list[Recorded] = field(default_factory=list)

    def add(self, after: float, kind: EventType, /, **facts: Any) -> None:
        sequence = len(self.entries) + 1
        event = Event(type=kind, text="", incident="inc-1", facts=facts)
        at = START + timedelta(seconds=after)
        self.entries.append(
            Recorded(sequence=sequence, at=at, event=event, previous=f"h{sequence - 1}", hash=f"h{sequence}")
        )

    async def journal_head(self) -> int:
        return len(self.entries)

    async def audit(self, after: int, limit: int) -> Sequence[Recorded]:
        return self.entries[after : after + limit]


def counting(journal: Journal) -> tuple[Counting, CollectorRegistry]:
    meters = Meters()
    application: Any = SimpleNamespace(views=journal, meters=meters)
    return Counting(application), meters.registry


async def test_what_was_there_before_the_process_is_not_counted_and_what_comes_is_counted_once() -> None:
    journal = Journal()
    journal.add(0, EventType.INCIDENT_OPENED, severity="high")
    counts, registry = counting(journal)
    await counts.catch_up()
    journal.add(1, EventType.INCIDENT_OPENED, severity="critical")
    journal.add(2, EventType.EFFECT_OUTCOME, kind="action", status="done")
    journal.add(3, EventType.EFFECT_OUTCOME, kind="ticket", status="unknown")
    await counts.catch_up()
    await counts.catch_up()

    value = registry.get_sample_value
    assert [
        value("incident_agent_incidents_opened_total", {"severity": "high"}),
        value("incident_agent_incidents_opened_total", {"severity": "critical"}),
        value("incident_agent_effects_total", {"kind": "action", "status": "done"}),
        value("incident_agent_effects_total", {"kind": "ticket", "status": "unknown"}),
        value("incident_agent_journal_sequence"),
        value("incident_agent_journal_broken"),
    ] == [None, 1, 1, 1, 4, 0]


async def test_the_waits_are_measured_from_the_journals_own_times() -> None:
    journal = Journal()
    counts, registry = counting(journal)
    await counts.catch_up()
    journal.add(10, EventType.INCIDENT_OPENED, severity="high")
    journal.add(14, EventType.DIAGNOSED, verdict="cause")
    journal.add(15, EventType.APPROVAL_REQUESTED, approval="a")
    journal.add(75, EventType.APPROVAL_DECIDED, approval="a", decision="approve")
    await counts.catch_up()

    value = registry.get_sample_value
    assert [
        value("incident_agent_time_to_diagnosis_seconds_sum"),
        value("incident_agent_approval_wait_seconds_sum"),
        value("incident_agent_approvals_total", {"status": "approve"}),
    ] == [4, 60, 1]


async def test_an_entry_that_does_not_follow_the_one_before_is_shown() -> None:
    journal = Journal()
    counts, registry = counting(journal)
    await counts.catch_up()
    journal.add(0, EventType.JOB_DEAD)
    journal.add(1, EventType.PARKED)
    journal.entries[1] = journal.entries[1].model_copy(update={"previous": "another"})
    await counts.catch_up()
    assert registry.get_sample_value("incident_agent_journal_broken") == 1


async def test_statements_that_were_left_out_are_counted_and_an_entry_that_says_nothing_of_them_is_none() -> None:
    journal = Journal()
    counts, registry = counting(journal)
    await counts.catch_up()
    journal.add(0, EventType.DIAGNOSED, verdict="cause", claims_dropped=2)
    journal.add(1, EventType.DIAGNOSED, verdict="cause")
    await counts.catch_up()
    assert registry.get_sample_value("incident_agent_claims_dropped_total") == 2
