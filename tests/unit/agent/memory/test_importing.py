"""Which lines of a file become lessons, and what is said of the others?"""

import json
from datetime import UTC, datetime

import pytest

from agent.memory.importing import Imported, Unusable, from_jira, from_jsonl
from agent.ports import Lesson
from tests.unit.agent.memory.lessons import NOW

LEAST = {"title": "Mail is late", "cause": "The disk was full.", "closed_at": "2026-03-01T10:00:00+01:00"}


def line(**changes: object) -> bytes:
    return json.dumps({key: value for key, value in {**LEAST, **changes}.items() if value is not None}).encode()


def test_a_line_with_everything_becomes_a_lesson() -> None:
    full = line(
        incident="INC-7",
        service="mail",
        alert_names=["MailQueue"],
        symptom="latency",
        component="disk",
        fault="resource_disk",
        remedy="Cleaned it.",
        outcome="recovered",
        confirmed_by="dana",
    )
    assert from_jsonl([full], NOW) == Imported(
        lessons=(
            Lesson(
                incident="import:INC-7",
                title="Mail is late",
                service="mail",
                alert_names=("MailQueue",),
                symptom="latency",
                component="disk",
                fault="resource_disk",
                cause="The disk was full.",
                remedy="Cleaned it.",
                outcome="recovered",
                confirmed_by="dana",
                closed_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
                source="import",
            ),
        ),
        unusable=(),
    )


def test_what_is_left_out_is_not_made_up() -> None:
    (one,) = from_jsonl([line(service="mail")], NOW).lessons
    assert (one.component, one.fault, one.outcome, one.confirmed_by) == ("mail", "unknown", "no_action", "")
    assert one.incident.startswith("import:")
    assert from_jsonl([line(service="mail")], NOW).lessons == (one,)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{", "Invalid JSON: EOF while parsing an object at line 1 column 1"),
        (b"[1]", "Input should be an object"),
        (b"\xff\xfe{}", "Invalid JSON: expected value at line 1 column 1"),
        (b"[" * 60_000, "Invalid JSON: recursion limit exceeded at line 1 column 202"),
        (b"{}" + b" " * 70_000, "longer than 65536 bytes"),
        (line(title=None), "title: Field required"),
        (line(cause="  "), "cause: String should have at least 1 character"),
        (line(closed_at="2026-03-01T10:00:00"), "closed_at: Input should have timezone info"),
        (line(closed_at="2027-01-01T00:00:00Z"), "closed_at lies in the future"),
        (line(outcome="great"), "outcome: Input should be 'recovered', 'not_recovered' or 'no_action'"),
        (line(casue="typing error"), "casue: Extra inputs are not permitted"),
        (line(incident="../../etc"), r"incident: String should match pattern '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$'"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_the_others_are_read(bad: bytes, reason: str) -> None:
    read = from_jsonl([line(incident="a"), b"\n", bad, line(incident="b")], NOW)
    assert [one.incident for one in read.lessons] == ["import:a", "import:b"]
    assert read.unusable == (Unusable("line 3", reason),)


def test_the_same_incident_twice_is_told() -> None:
    read = from_jsonl([line(incident="a"), line(incident="a", title="Other")], NOW)
    assert ([one.title for one in read.lessons], read.unusable) == (
        ["Mail is late"],
        (Unusable("line 2", "the same incident as line 1"),),
    )


def test_tickets_are_named_by_their_key_or_their_place() -> None:
    read = from_jira([{"key": "OPS-1"}, {}, {"key": "x\u202ey" * 99}], NOW)
    assert read.lessons == ()
    assert [(one.where[:10], one.reason.split(":")[0]) for one in read.unusable] == [
        ("OPS-1", "fields"),
        ("ticket 2", "key"),
        ("xyxyxyxyxy", "key"),
    ]
