"""S34, S35, S36: does anything but a fresh delivery of Slack's own get in, and does one twice do more than once?"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.domain.approval import ApprovalStatus
from agent.domain.event import EventType
from tests.farends.slack import Posted, signature
from tests.integration.agent.entrypoints.slack.office import office

FIVE_MINUTES = timedelta(seconds=300)


def _with(posted: Posted, **headers: str | None) -> Posted:
    named = {"x_slack_signature": "X-Slack-Signature", "timestamp": "X-Slack-Request-Timestamp"}
    changed = {**posted.headers, **{named[name]: value for name, value in headers.items()}}
    return Posted(posted.body, {name: value for name, value in changed.items() if value is not None})


def _v1(posted: Posted, at: datetime) -> Posted:
    return _with(posted, x_slack_signature=posted.headers["X-Slack-Signature"].replace("v0=", "v1="))


def _at(posted: Posted, timestamp: str) -> Posted:
    """Rightly signed, for that time."""
    return _with(posted, timestamp=timestamp, x_slack_signature=signature(posted.body, timestamp))


FORGED: dict[str, Callable[[Posted, datetime], Posted]] = {
    "no signature": lambda posted, at: _with(posted, x_slack_signature=None),
    "no time": lambda posted, at: _with(posted, timestamp=None),
    "an empty signature": lambda posted, at: _with(posted, x_slack_signature=""),
    "another secret": lambda posted, at: _with(posted, x_slack_signature="v0=" + "0" * 64),
    "cut short": lambda posted, at: _with(posted, x_slack_signature=posted.headers["X-Slack-Signature"][:-1]),
    "another version": _v1,
    "no version": lambda posted, at: _with(posted, x_slack_signature=posted.headers["X-Slack-Signature"][3:]),
    "of another time": lambda posted, at: _with(posted, timestamp=str(int(at.timestamp()) - 1)),
    "too old": lambda posted, at: _at(posted, str(int((at - FIVE_MINUTES).timestamp()) - 1)),
    "from the future": lambda posted, at: _at(posted, str(int((at + FIVE_MINUTES).timestamp()) + 60)),
    "no number": lambda posted, at: _at(posted, "now"),
    "a number with a sign": lambda posted, at: _at(posted, f"+{int(at.timestamp())}"),
    "a body written anew": lambda posted, at: Posted(posted.body + b"&", posted.headers),
}


@pytest.mark.attack("S34")
async def test_what_slack_did_not_sign_just_now_is_refused_and_does_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        asked = await here.ask()
        await here.dispatch()
        answers = {}
        for name, forge in FORGED.items():
            forged = forge(here.slack.click("approve", "U0ANN", here.now), here.now)
            answers[name] = (await here.deliver(forged)).status_code
        assert answers == dict.fromkeys(FORGED, 401)
        assert (await here.approval(asked.id)).votes == ()


@pytest.mark.attack("S34")
async def test_two_signatures_are_none(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await here.ask()
        await here.dispatch()
        posted = here.slack.click("approve", "U0ANN", here.now)
        twice = [*posted.headers.items(), ("X-Slack-Signature", "v0=" + "0" * 64)]
        answer = await here.http.post("/slack/events", content=posted.body, headers=twice)
        assert answer.status_code == 401


@pytest.mark.attack("S35")
async def test_a_delivery_replayed_or_tried_again_has_one_effect(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        asked = await here.ask()
        await here.dispatch()
        approve = here.slack.click("approve", "U0ANN", here.now)
        seen = here.slack.click("acknowledge", "U0ANN", here.now)
        for posted in (approve, seen):
            again = here.slack.signed(posted.body, here.now + timedelta(seconds=60))
            for number, delivery in enumerate((posted, posted, again)):
                answer = await here.deliver(delivery, **{"X-Slack-Retry-Num": str(number)})
                assert answer.status_code == 200
        decided = await here.approval(asked.id)
        timeline = (await here.application.views.incident("inc-1")).timeline
    assert [(vote.who, vote.via) for vote in decided.votes] == [("ann", "slack")]
    kinds = [entry.event.type for entry in timeline]
    assert (kinds.count(EventType.APPROVAL_DECIDED), kinds.count(EventType.INCIDENT_UPDATED)) == (1, 1)
    assert here.slack.whispers == []


@pytest.mark.attack("S36")
async def test_the_challenge_is_answered_as_plain_text_and_only_when_signed(tmp_path: Path) -> None:
    html = "<script>alert(1)</script>"
    body = json.dumps({"type": "url_verification", "challenge": html, "token": "x"}).encode()
    async with office(tmp_path) as here:
        bare = await here.http.post("/slack/events", content=body, headers={"Content-Type": "application/json"})
        signed = await here.deliver(here.slack.signed(body, here.now, "application/json"))
    assert (bare.status_code, html in bare.text) == (401, False)
    assert (signed.status_code, signed.text) == (200, html)
    assert signed.headers["content-type"] == "text/plain; charset=utf-8"
    assert signed.headers["x-content-type-options"] == "nosniff"


@pytest.mark.attack("S30")
async def test_of_a_click_the_id_alone_is_read(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        asked = await here.ask()
        await here.dispatch()
        forged = json.dumps({"approval": asked.id, "action": "delete-everything"})
        for value in (forged, f"{asked.id} ", "ap-" + "0" * 32, "inc-1", "*"):
            assert (await here.click("approve", "U0ANN", value)).status_code == 200
        await here.whispered(5)
        untouched = await here.approval(asked.id)
        here.slack.card().blocks[0]["text"]["text"] = "Delete everything?"
        await here.click("approve", "U0ANN")
        decided = await here.approval(asked.id)
    assert untouched.votes == ()
    assert (decided.status, decided.proposal) == (ApprovalStatus.APPROVED, asked.proposal)


async def test_another_workspace_is_not_listened_to(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        asked = await here.ask()
        await here.dispatch()
        posted = here.slack.click("approve", "U0ANN", here.now)
        foreign = here.slack.signed(posted.body.replace(b"T0TEAM", b"T0ELSE"), here.now)
        assert (await here.deliver(foreign)).status_code == 200
        assert (await here.approval(asked.id)).votes == ()


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"payload=%7B", b"payload=1&payload=2", b"\xff"])
async def test_nonsense_that_is_signed_does_nothing(tmp_path: Path, body: bytes) -> None:
    async with office(tmp_path) as here:
        for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
            answer = await here.deliver(here.slack.signed(body, here.now, kind))
            assert answer.status_code in {200, 400}
