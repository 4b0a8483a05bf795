"""Are the incidents that are open all shown, and looked at once for whatever came together?"""

from collections.abc import Iterator
from threading import Event

import pytest

from agent.entrypoints.cli.client import Client, Unreachable
from agent.entrypoints.cli.watch import Written, open_incidents, together
from tests.farends.answers import Answer
from tests.farends.loopback import Saying

LATER = 60
INCIDENT = {
    "id": "inc-1",
    "status": "parked",
    "severity": "high",
    "title": "Disk full",
    "opened_at": "2026-11-22T18:00:00Z",
}


def test_whatever_nobody_has_to_do_anything_about_does_not_push_open_ones_off_the_table() -> None:
    with Saying(Answer(200, {"incidents": [INCIDENT], "cursor": ""})) as agent, Client(agent.url, "") as client:
        assert [one.id for one in open_incidents(client)] == ["inc-1"]
    [asked] = agent.asked
    assert asked.query == {
        "status": ["open,investigating,awaiting_approval,remediating,verifying,parked"],
        "limit": ["200"],
    }


def entry(number: int) -> Written:
    return {"sequence": number}


def test_entries_that_come_while_nobody_looks_are_one_look() -> None:
    looked, over = Event(), Event()

    def entries() -> Iterator[Written]:
        yield entry(0)
        looked.wait(LATER)
        yield from map(entry, range(1, 51))
        over.set()

    piles = together(entries())
    assert next(piles) == [entry(0)]
    looked.set()
    assert over.wait(LATER)
    assert (next(piles), list(piles)) == (list(map(entry, range(1, 51))), [])


def test_what_breaks_the_line_off_is_told_after_what_came() -> None:
    def entries() -> Iterator[Written]:
        yield entry(0)
        raise Unreachable("The line broke off.")

    heard: list[Written] = []
    with pytest.raises(Unreachable):
        heard.extend(one for pile in together(entries()) for one in pile)
    assert heard == [entry(0)]
