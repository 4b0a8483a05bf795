"""What is learned from a Jira ticket, and which tickets teach nothing?"""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from agent.memory.rejection import Rejected
from agent.memory.tickets import lesson_of
from agent.ports import Lesson
from tests.unit.agent.memory.lessons import NOW


def ticket(**fields: Any) -> dict[str, Any]:
    usual = {
        "summary": "Checkout down",
        "description": "Symptom: errors\n\nRoot cause: the pool was exhausted\n\nResolution: raised the limit",
        "status": {"name": "Done", "statusCategory": {"key": "done"}},
        "resolution": {"name": "Fixed"},
        "resolutiondate": "2026-02-03T04:05:06.000+0100",
        "components": [{"name": "checkout"}],
        "labels": ["alert:CheckoutErrorRate", "fault:resource_pool", "urgent"],
        "priority": {"name": "High"},
    }
    return {"key": "OPS-12", "id": "10001", "fields": {**usual, **fields}}


def test_a_closed_ticket_becomes_an_unconfirmed_lesson() -> None:
    assert lesson_of(ticket(), NOW) == Lesson(
        incident="jira:OPS-12",
        title="Checkout down",
        service="checkout",
        alert_names=("CheckoutErrorRate",),
        symptom="errors",
        component="checkout",
        fault="resource_pool",
        cause="the pool was exhausted",
        remedy="raised the limit",
        outcome="recovered",
        confirmed_by="",
        closed_at=datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC),
        source="jira",
    )


@pytest.mark.parametrize(
    ("description", "cause", "remedy"),
    [
        ("h2. Root cause\nThe disk\nwas full.\nh2. Fix\nCleaned.\nh2. Notes\nnone", "The disk was full.", "Cleaned."),
        ("## RCA\n\nA bug\n\nmore words\n", "A bug", ""),
        ("*Cause:* a bug\n* Solution: a patch", "a bug", "a patch"),
        ("Root cause: one\nRoot cause: two\n", "one", ""),
        ("Mitigation: restarted", "Not stated; what helped: restarted", "restarted"),
    ],
)
def test_sections_are_found_in_the_ways_people_write_them(description: str, cause: str, remedy: str) -> None:
    read = lesson_of(ticket(description=description), NOW)
    assert (read.cause, read.remedy) == (cause, remedy)


def test_a_document_and_comments_are_read_like_text() -> None:
    def paragraph(text: str) -> dict[str, Any]:
        return {"type": "paragraph", "content": [{"type": "text", "text": text}]}

    document = {"type": "doc", "version": 1, "content": [paragraph("We saw errors."), paragraph("Root cause: DNS")]}
    read = lesson_of(ticket(description=document, comment={"comments": [{"body": "Fix: more replicas"}]}), NOW)
    assert (read.cause, read.remedy) == ("DNS", "more replicas")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": {"statusCategory": {"key": "indeterminate"}}}, "it is not closed"),
        ({"resolutiondate": None}, "it is not closed"),
        ({"resolutiondate": "2027-02-03T04:05:06.000+0000"}, "resolutiondate lies in the future"),
        ({"resolution": {"name": "Duplicate"}}, "it was closed as Duplicate"),
        ({"labels": ["agent-inc-1"]}, "the agent wrote it; the incident itself is on the record"),
        ({"summary": " "}, "fields.summary: String should have at least 1 character"),
        ({"description": "Nothing useful."}, "it states neither a cause nor a remedy"),
        ({"description": None}, "it states neither a cause nor a remedy"),
    ],
)
def test_a_ticket_that_teaches_nothing_is_rejected_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Rejected) as rejected:
        lesson_of(ticket(**changes), NOW)
    assert str(rejected.value).startswith(reason)


def test_a_hostile_ticket_costs_no_time() -> None:
    nested: dict[str, Any] = {"type": "text", "text": "Root cause: deep"}
    for _ in range(500):
        nested = {"type": "paragraph", "content": [nested]}
    started = time.monotonic()
    for description in ("*" * 100_000, "h1." * 30_000, "# " * 50_000, nested):
        with pytest.raises(Rejected):
            lesson_of(ticket(description=description), NOW)
    assert time.monotonic() - started < 60
