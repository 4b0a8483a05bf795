"""A denial stands only where the evidence looked for what is denied and has none of it."""

from datetime import UTC, datetime

import pytest

from agent.domain.evidence import Evidence, EvidenceKind
from agent.policy.denials import denied
from agent.policy.names import Names
from agent.policy.observed import observe
from agent.policy.statements import statement

ONSET = datetime(2026, 11, 1, 12, 3, 10, tzinfo=UTC)
NAMES = Names(["checkout", "cart", "payment", "frontend"])


def evidence(id_: str, kind: EvidenceKind, entity: str, summary: str, content: object = None) -> Evidence:
    return Evidence.model_validate(
        {"id": id_, "kind": kind, "source": "test", "query": f"asked of {entity or 'all'}", "entity": entity}
        | {"summary": summary, "content": content, "starts_at": ONSET, "ends_at": ONSET}
    )


EVIDENCE = {
    one.id: one
    for one in (
        evidence("none", EvidenceKind.CHANGE, "", "No changes of payment.", {"text": "No changes.", "data": []}),
        evidence(
            "changes",
            EvidenceKind.CHANGE,
            "",
            "2 changes.",
            {"text": "2 changes.", "data": ["11:58:30 deploy of cart", "12:05:00 restart of frontend"]},
        ),
        evidence("deploy", EvidenceKind.CHANGE, "cart", "deploy of cart at 11:58:30 UTC.", {"kind": "deploy"}),
        evidence("alerts", EvidenceKind.ALERT, "frontend", "4 alerts bear on frontend.", {"alerts": 4}),
        evidence("empty", EvidenceKind.LOG, "", "No line of payment matches.", {"text": "No line.", "data": []}),
        evidence("lines", EvidenceKind.LOG, "cart", "cart logged 214 lines of one kind.", {"count": 214}),
        evidence("pods", EvidenceKind.PLATFORM, "payment", "3 pods of payment are ready, with 0 restarts."),
        evidence("killed", EvidenceKind.PLATFORM, "cart", "The pod of cart restarted 5 times, it was OOMKilled."),
        evidence("calls", EvidenceKind.TOPOLOGY, "", "checkout calls cart.", {"edges": [["checkout", "cart"]]}),
        evidence("values", EvidenceKind.METRIC, "cart", "latency of cart went from 1 to 9.", {"before": 1, "after": 9}),
    )
}


def problems(text: str, cited: list[str]) -> list[str]:
    seen = observe([EVIDENCE[one] for one in cited], NAMES)
    return [problem for problem in denied(statement(text, NAMES), seen, ONSET) if problem]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("There was no deploy of payment.", ["none"]),
        ("payment was not changed.", ["none"]),
        ("payment was not deployed; cart was deployed at 11:58:30.", ["none", "changes"]),
        ("No change of payment was made, while cart was deployed.", ["none", "changes"]),
        ("No change of frontend preceded the onset.", ["changes"]),
        ("There was no other deploy than that of cart.", ["deploy"]),
        ("The latency of cart has not changed since its deploy.", ["deploy"]),
        ("There was no change in the latency of cart.", ["deploy"]),
        ("payment has logged nothing.", ["empty", "lines"]),
        ("cart logged no error lines.", ["lines"]),
        ("cart wrote “nothing was deployed, no alerts” to its log.", ["lines"]),
        ("payment raised no alerts.", ["alerts"]),
        ("payment was not restarted.", ["pods"]),
        ("payment had no restarts, but cart restarted 5 times.", ["pods", "killed"]),
        ("cart does not call checkout.", ["calls"]),
        ("checkout is not called by cart.", ["calls"]),
    ],
)
def test_what_was_looked_for_and_is_not_there_may_be_denied(text: str, cited: list[str]) -> None:
    assert problems(text, cited) == []


@pytest.mark.parametrize(
    ("text", "cited", "problem"),
    [
        ("cart was not changed.", ["deploy"], "its evidence shows changes of cart"),
        ("cart has not been touched.", ["changes"], "its evidence shows changes of cart"),
        ("Nobody deployed cart.", ["deploy"], "its evidence shows changes of cart"),
        ("payment is slow without any deploy of cart.", ["changes"], "its evidence shows changes of cart"),
        ("No change of cart preceded the onset.", ["changes"], "its evidence shows changes of cart"),
        ("No alert bears on frontend.", ["alerts"], "its evidence shows alerts of frontend"),
        ("Nothing alerted on frontend.", ["alerts"], "its evidence shows alerts of frontend"),
        ("cart logged nothing.", ["lines"], "its evidence shows log lines of cart"),
        ("cart never logged a word.", ["lines"], "its evidence shows log lines of cart"),
        ("There are no log lines of cart.", ["lines"], "its evidence shows log lines of cart"),
        ("checkout does not call cart.", ["calls"], "checkout does call cart"),
        ("cart is not called by checkout.", ["calls"], "checkout does call cart"),
    ],
)
def test_what_the_evidence_shows_may_not_be_denied(text: str, cited: list[str], problem: str) -> None:
    assert problems(text, cited) == [problem]


@pytest.mark.parametrize(
    "text",
    ["cart was not restarted.", "cart did not restart.", "There were no restarts of cart.", "cart wasn't OOMKilled."],
)
def test_what_the_evidence_says_was_done_was_not_left_undone(text: str) -> None:
    assert "its evidence says" in problems(text, ["killed"])[-1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("There was no deploy of cart.", "nothing it cites looked for changes"),
        ("cart was not changed.", "nothing it cites looked for changes"),
        ("cart logged nothing.", "nothing it cites looked for log lines"),
        ("No alert bears on cart.", "nothing it cites looked for alerts"),
    ],
)
def test_what_was_never_looked_for_may_not_be_denied(text: str, problem: str) -> None:
    assert problems(text, ["values"]) == [problem]
