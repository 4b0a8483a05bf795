"""Does a click do what the person may do, once, and does everybody see it, whichever way Slack brings it?"""

from pathlib import Path

import pytest

from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.incident import IncidentStatus
from agent.domain.remediation import Risk
from agent.identity.roles import Caller
from tests.farends.answers import Late
from tests.integration.agent.entrypoints.slack.at_once import ONE, trials
from tests.integration.agent.entrypoints.slack.office import By, Office, office

BERT = Caller(name="bert", kind="person", scopes=frozenset({"approve:high"}))


@pytest.fixture(params=["http", "socket"])
def by(request: pytest.FixtureRequest) -> By:
    """Both doors keep the same promises."""
    way: By = request.param
    return way


async def _asked(here: Office, risk: Risk = Risk.LOW) -> str:
    await here.incident()
    asked = await here.ask(risk=risk)
    await here.dispatch()
    return asked.id


async def test_an_approved_question_loses_its_buttons_at_once_and_says_who_and_when(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        assert {"approve", "deny", "acknowledge", "take_over"} == set(here.slack.card().buttons)
        assert here.slack.card().buttons["approve"] == asked
        await here.click("approve", "U0ANN")
        shown = await here.redrawn("Approved by ann at <!date^")
        assert set(here.slack.card().buttons) == {"acknowledge", "take_over"}
        assert "(slack)" in shown
        assert (await here.approval(asked)).status is ApprovalStatus.APPROVED


async def test_what_is_decided_elsewhere_is_shown_on_the_card(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        await here.application.service.people.decide(asked, Decision.DENY, BERT, "cli", "not at night")
        await here.dispatch()
        shown = here.slack.card().shown
        assert "Denied by bert at <!date^" in shown
        assert "“not at night”" in shown
        assert "approve" not in here.slack.card().buttons
        assert any("denied by bert (cli)" in told for told in here.slack.thread(here.slack.card()))


async def test_what_happens_while_a_card_is_redrawn_is_not_left_overwritten(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        here.slack.plan(Late(1))
        await here.click("approve", "U0ANN")
        await here.redrawn("Approved by ann")  # it stands there, and Slack has not said so yet
        await here.application.service.people.decide(asked, Decision.DENY, BERT, "cli", "stop")
        await here.redrawn("Denied by bert")


async def test_who_clicks_second_is_told_who_was_first(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        late = here.slack.click("approve", "U0BERT", here.now)
        await here.click("approve", "U0ANN")
        await here.deliver(late)
        assert await here.whispered() == ["This approval is already approved by ann."]
        assert [vote.who for vote in (await here.approval(asked)).votes] == ["ann"]


async def test_a_question_for_two_people_shows_one_of_two_and_keeps_its_buttons(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here, Risk.HIGH)
        assert "approved 0 of 2" in here.slack.card().shown
        await here.click("approve", "U0ANN")
        await here.redrawn("approved 1 of 2 (by ann)")
        assert "approve" in here.slack.card().buttons
        await here.click("approve", "U0ANN")
        assert "it takes somebody else, too" in (await here.whispered())[0]
        await here.click("approve", "U0BERT")
        await here.redrawn("Approved by ann and bert at")
        assert (await here.approval(asked)).status is ApprovalStatus.APPROVED


async def test_a_stranger_and_whoever_lacks_the_scope_are_told_whom_to_ask(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        for user in ("U0NOBODY", "U0EVE"):
            for button in ("approve", "deny", "take_over"):
                assert (await here.click(button, user)).status_code == 200
        told = await here.whispered(6)
        seen = await here.application.views.incident("inc-1")
    assert sorted(set(told)) == [
        "Not allowed. eve needs the scope approve:low and has: ask, read. Otherwise ask ann, bert.",
        "You (U0NOBODY) are not known here: ask ann.",
    ]
    assert (seen.approvals[0].id, seen.approvals[0].votes, seen.incident.status) == (asked, (), "awaiting_approval")
    assert here.slack.views == []


async def test_with_the_key_the_leave_to_click_is_gone(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        keys = here.application.identity.keys
        [bert] = [key for key in await keys.valid() if key.name == "bert"]
        await keys.revoke(bert.id)
        await here.click("approve", "U0BERT")
        assert await here.whispered() == ["You (U0BERT) are not known here: ask ann."]
        assert (await here.approval(asked)).votes == ()


async def test_denying_asks_for_the_reason_and_stamps_it(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        await here.click("deny", "U0ANN")
        assert (await here.approval(asked)).status is ApprovalStatus.PENDING
        answer = await here.deliver(here.slack.submit("U0ANN", here.now, reason="the sale is on"))
        assert (answer.status_code, answer.content) == (200, b"")
        await here.dispatch()
        denied = await here.approval(asked)
        assert (denied.status, denied.comment, denied.decided_via) == ("denied", "the sale is on", "slack")
        assert "“the sale is on”" in here.slack.card().shown
        late = await here.deliver(here.slack.submit("U0BERT", here.now, reason="me too"))
        assert late.json() == {
            "response_action": "errors",
            "errors": {"words": "This approval is already denied by ann."},
        }


async def test_when_no_dialog_opens_a_no_is_a_no(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        posted = here.slack.click("deny", "U0ANN", here.now)
        here.slack._triggers.clear()  # as after three seconds
        await here.deliver(posted)
        assert (await here.approval(asked)).status is ApprovalStatus.DENIED


async def test_taking_over_stops_the_agent_and_feedback_is_kept(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        await here.click("take_over", "U0BERT")
        await here.redrawn("bert took over.")
        seen = await here.application.views.incident("inc-1")
        assert (seen.incident.status, (await here.approval(asked)).status) == (IncidentStatus.PARKED, "expired")


async def test_commands_do_what_the_page_does(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        assert await here.command("list") == "inc-1 · awaiting_approval · high · High errors on cart"
        assert "High errors on cart" in await here.command("show inc-1")
        assert await here.command("show inc-9") == "There is no incident inc-9."
        assert await here.command("ask inc-1 why?") == "The investigation has not got that far yet; ask again."
        assert await here.command("ack inc-1") == "inc-1: it is noted that you have seen it."
        assert "Not allowed. eve needs the scope approve:low" in await here.command("approve inc-1", "U0EVE")
        assert "Not allowed. eve needs the scope approve:low" in await here.command(f"deny {asked} no", "U0EVE")
        assert await here.command("approve inc-1 go on") == "Restart cart: approved."
        assert await here.command("deny inc-1") == "inc-1 asks no questions at the moment."
        assert await here.command("feedback inc-1 wrong a leak") == "Thank you; it is learned from."
        assert (await here.command("mute inc-1 60 deploy")).startswith("Muted until ")
        assert await here.command("mute inc-1 0") == "Say for how many minutes, at most 43200: /incident mute ID 60"
        assert "/incident approve ID" in await here.command("help me")
        [silence] = await here.application.service.silencing.active(BERT)
        decided = await here.approval(asked)
    assert (silence.created_by, silence.comment, str(silence.matchers[0])) == ("ann", "deploy", 'service="cart"')
    assert (decided.decided_by, decided.comment) == ("ann", "go on")


@pytest.mark.attack("S08")
async def test_what_is_written_in_the_thread_decides_nothing(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        asked = await _asked(here)
        card = here.slack.card()
        before = len(here.slack.thread(card))
        for user in ("U0EVE", "U0NOBODY", "U0ANN"):
            for text in ("approve all", "approve all?", f"approve {asked}", "Approved by ann."):
                for kind in ("message", "app_mention"):
                    said = here.slack.said(text, user, here.now, thread=card, kind=kind)
                    assert (await here.deliver(said)).status_code == 200
        assert (await here.approval(asked)).votes == ()
        answers = here.slack.thread(card)[before:]
    # Of those who may ask, a question and each mention is answered from the record; strangers are not even answered.
    assert set(answers) == {"The investigation has not got that far yet; ask again."}


async def test_a_question_below_the_card_is_answered_once(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        await _asked(here)
        card = here.slack.card()
        before = len(here.slack.thread(card))
        question = here.slack.said("why?", "U0EVE", here.now, thread=card)
        again = here.slack.signed(question.body.replace(b'"event_id": "Ev', b'"event_id": "Ew'), here.now)
        for posted in (question, question, again):
            await here.deliver(posted)
        assert here.slack.thread(card)[before:] == ["The investigation has not got that far yet; ask again."]


@pytest.mark.attack("S22")
async def test_two_who_click_at_once_get_one_decision(tmp_path: Path, by: By) -> None:
    async with office(tmp_path, by=by) as here:
        assert await trials(here, 20) == [ONE] * 20
