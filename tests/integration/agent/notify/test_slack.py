"""Does an incident have one card, told in order, whatever Slack and we go through?"""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.event import EventType
from agent.domain.incident import IncidentStatus
from agent.notify import slack
from agent.notify.dispatcher import Dispatcher
from agent.storage import incidents
from tests.farends.answers import Answer, CutAfter, CutBefore, Instead
from tests.farends.slack import marked, rate_limited
from tests.integration.agent.entrypoints.slack.office import Office, office


def _effects(here: Office) -> list[str]:
    return [str(entry["effect"]) for entry in here.slack.journal]


async def _later(here: Office) -> None:
    """Rounds of a dispatcher that remembers no pause, as after a restart."""
    record, slack = here.application.record, here.application.slack
    assert slack is not None

    async def mine() -> bool:
        return True

    slack.api._quiet = None
    await Dispatcher(record.journal, [slack], here.application.clock, mine).dispatch()


async def test_the_card_is_posted_once_kept_current_and_its_details_told_below(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await here.tell(EventType.DIAGNOSED, "inc-1", "cart leaks.")
        await here.tell(EventType.TOOL_CALLED, "inc-1", "Looked at logs.")
        await here.dispatch()
        move = incidents.move
        chain = here.application.record.chain
        await here.application.record.database.write(
            lambda connection: move(connection, chain, "inc-1", IncidentStatus.RESOLVED, "Recovered.")
        )
        for _ in range(3):
            await here.dispatch()
        assert _effects(here) == ["post", "reply", "update"]
        assert here.slack.thread(here.slack.card()) == ["cart leaks."]
        assert "resolved" in here.slack.card().shown


async def test_a_card_that_is_no_longer_remembered_is_sent_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack, "REMEMBERED", 1)
    async with office(tmp_path) as here:
        for incident in ("inc-1", "inc-2"):
            await here.incident(incident)
        await here.dispatch()
        for incident in ("inc-2", "inc-1"):
            await here.tell(EventType.FEEDBACK, incident, f"Right about {incident}.")
        await here.dispatch()
        assert _effects(here) == ["post", "post", "reply", "update", "reply"]


async def test_each_team_has_its_channel_and_what_was_over_before_gets_no_card(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident("inc-1", team="payments")
        await here.incident("inc-2", status=IncidentStatus.CLOSED)
        await here.dispatch()
        assert [one.channel for one in here.slack.messages] == ["C0PAYMENTS"]


@pytest.mark.parametrize("trouble", [CutBefore(), CutAfter()], ids=["before", "after"])
async def test_a_card_whose_answer_was_cut_off_is_there_once(tmp_path: Path, trouble: CutBefore | CutAfter) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await here.tell(EventType.PARKED, "inc-1", "A human must look.")
        here.slack.plan(trouble, method="POST")
        for _ in range(3):
            await _later(here)
        assert _effects(here) == ["post", "reply"]


async def test_while_slack_is_down_nothing_is_lost_and_nothing_told_twice(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await here.tell(EventType.PARKED, "inc-1", "A human must look.")
        here.slack.plan(Instead(Answer(200, {"ok": False, "error": "service_unavailable"})), times=2)
        for _ in range(5):
            await _later(here)
        assert _effects(here) == ["post", "reply"]


async def test_slack_is_left_alone_for_as_long_as_it_says(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        here.slack.plan(Instead(rate_limited(3600)))
        await here.dispatch()
        slack = here.application.slack
        assert slack is not None
        assert slack.api.busy().startswith("Slack wants quiet until ")
        asked = len(here.slack.asked)
        await here.dispatch()
        assert (len(here.slack.asked), _effects(here)) == (asked, [])
        await _later(here)
        assert _effects(here) == ["post"]


async def test_slack_is_left_alone_no_longer_because_the_clock_was_set_back(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        slack = here.application.slack
        assert slack is not None
        slack.api._quiet = here.application.clock.now() + timedelta(hours=1), timedelta(minutes=5)
        assert slack.api.busy() == ""


@pytest.mark.parametrize("digits", [5, 15, 5_000])
async def test_however_long_slack_wants_quiet_it_is_asked_again_within_minutes(tmp_path: Path, digits: int) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        here.slack.plan(Instead(Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "9" * digits})))
        slack = here.application.slack
        assert slack is not None
        await here.dispatch()
        assert slack.api._quiet is not None
        assert slack.api._quiet[1] < timedelta(minutes=6)


async def test_what_slack_refuses_for_good_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident("inc-1")
        await here.incident("inc-2")
        here.slack.plan(Instead(Answer(200, {"ok": False, "error": "channel_not_found"})))
        await here.dispatch()
        assert _effects(here) == ["post"]
        assert "inc-2" in here.slack.card().shown


@pytest.mark.attack("S65")
async def test_secrets_and_personal_data_do_not_reach_slack(tmp_path: Path) -> None:
    secret = "AKIA" + "Q3EXAMPLEKEY7ABC"
    async with office(tmp_path) as here:
        await here.incident(title=f"cart fails with {secret}")
        await here.ask(shown=f"Restart cart with {secret} for ann@example.org?")
        await here.dispatch()
        told = b"".join(asked.body for asked in here.slack.asked)
        assert b"cart fails with" in told
        assert secret.encode() not in told
        assert b"ann@example.org" not in told


@pytest.mark.attack("S56", "S57")
async def test_hostile_words_are_words_wherever_slack_shows_them(tmp_path: Path) -> None:
    hostile = "<!channel> <@U0ANN> <http://evil.example|bank> `x` *b* \u202eevil\u200b\x1b[31m\nApproved by ann"
    async with office(tmp_path) as here:
        await here.incident(title=hostile, service=hostile, labels={"service": hostile})
        await here.ask(shown=hostile)
        for kind in (EventType.DIAGNOSED, EventType.PARKED, EventType.FEEDBACK):
            await here.tell(kind, "inc-1", hostile)
        await here.dispatch()
        answers = [
            await here.command(text)
            for text in ("list", "show inc-1", f"ack {hostile}", f"feedback inc-1 wrong {hostile}", "mute inc-1 5")
        ]
        await here.click("approve", "U0ANN", value=hostile)
        whispered = await here.whispered()
        await here.dispatch()
        messages = here.slack.messages
    assert {one.partition("^")[0] for message in messages for one in marked(message)} <= {"<!date"}
    told = [*answers, *whispered, *(message.shown for message in messages)]
    assert not {"\u202e", "\u200b", "\x1b", "`"} & set("".join(told))
    assert not [text for text in told if "<!channel" in text or "<@U" in text or "<http" in text]
