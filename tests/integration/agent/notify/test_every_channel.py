"""What every channel promises: told once, whatever the far end and we go through, and no other channel waits for it."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.domain.alert import Severity
from agent.domain.errors import JournalBroken
from agent.domain.event import Event, EventType, Recorded
from agent.notify.dispatcher import Dispatcher
from agent.notify.errands import Errands
from agent.notify.jira import JiraChannel
from agent.notify.mail import MailChannel
from agent.notify.news import Newsroom
from agent.notify.pagerduty import PagerDutyChannel
from agent.notify.render_slack import Words
from agent.notify.slack_api import SlackApi
from agent.notify.slack_calls import SlackCalls
from agent.notify.webhook import WebhookChannel
from agent.ports import Channel
from agent.storage import incidents
from agent.storage.database import Database
from agent.storage.effects import SqlLedger
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import Chain, SqlJournal
from agent.storage.schema import migrate
from tests.clocks import Clock
from tests.farends.answers import Answer, CutAfter, CutBefore, Instead, Late
from tests.farends.jira import TOKEN as JIRA_TOKEN
from tests.farends.jira import USER, JiraFarEnd
from tests.farends.loopback import Asked, FarEnd
from tests.farends.pagerduty import ROUTING_KEY, PagerDutyFarEnd
from tests.farends.slack import TOKEN as SLACK_TOKEN
from tests.farends.slack import SlackFarEnd
from tests.farends.smtp import SmtpFarEnd
from tests.incidents import an_incident
from tools.act.deliver import PagerDutyEvents, Webhook
from tools.act.jira import JiraTickets
from tools.act.mail import Mailer, MailServer
from tools.clients.jira import Jira

SECRET = "hook-secret-for-tests"
LONG = timedelta(seconds=30)


class Receiver(FarEnd):
    """A receiver of webhooks that checks signatures and knows a repeat by its key."""

    def answer(self, asked: Asked) -> Answer:
        at, key = asked.headers["x-agent-timestamp"], asked.headers["idempotency-key"]
        wanted = hmac.new(SECRET.encode(), f"{at}.".encode() + asked.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"v1={wanted}", asked.headers["x-agent-signature"]):
            return Answer(401, "signature")
        if asked.json()["id"] != key:
            return Answer(400, "id")
        if key not in [entry["key"] for entry in self.journal]:
            self.took_effect(effect="post", key=key, type=asked.json()["type"])
        return Answer(200, "")


@dataclass
class Line:
    """A channel, what it tells of `it happened`, and how to trouble its far end."""

    channel: Channel
    told: Any
    """() -> how often the far end's readers were told, by what they know a repeat by."""
    trouble: Any
    """(how) -> the next telling meets it."""
    event: EventType = EventType.INCIDENT_OPENED
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Desk:
    database: Database
    clock: Clock
    chain: Chain

    @property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self.database, self.chain, self.clock)

    def errands(self, name: str) -> Errands:
        return Errands(name, "message", self.ledger, self.clock)

    @property
    def newsroom(self) -> Newsroom:
        return Newsroom(SqlIncidents(self.database, self.chain, self.clock), self.clock)

    def dispatcher(self, *channels: Channel) -> Dispatcher:
        async def mine() -> bool:
            return True

        return Dispatcher(SqlJournal(self.database, self.chain), channels, self.clock, mine)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    database, clock = Database(f"sqlite:///{tmp_path / 'agent.db'}"), Clock(datetime.now(UTC))
    migrate(database)
    now = clock.now()
    opened = an_incident(now, severity=Severity.CRITICAL, team="shop")
    await database.write(lambda connection: incidents.insert(connection, opened))
    yield Desk(database, clock, Chain(b"k" * 32, clock))
    database.close()


def _mail_channel(desk: Desk, far_end: SmtpFarEnd) -> MailChannel:
    server = MailServer("127.0.0.1", far_end.port, "agent@example.org")
    return MailChannel(
        Mailer(server, deadline=LONG, trust=far_end.trust),
        desk.errands("email"),
        desk.newsroom,
        addresses=lambda _: ["shop@example.org"],
        clean=str,
    )


@contextmanager
def _mail(desk: Desk) -> Iterator[Line]:
    with SmtpFarEnd() as far_end:
        answers = {
            "503": "451 4.3.0 try later",
            "429": "450 4.2.1 too many",
            "before": "421 4.3.2 down",
            "after": "cut",
            "slow": "slow",
        }
        channel = _mail_channel(desk, far_end)
        yield Line(
            channel,
            lambda: len({one.message["Message-ID"] for one in far_end.taken}),
            lambda how: far_end.refused.append(answers[how]),
        )


@contextmanager
def _webhook(desk: Desk) -> Iterator[Line]:
    with Receiver() as far_end:
        hook = Webhook(f"{far_end.url}/hook", SECRET, deadline=LONG)
        channel = WebhookChannel(
            "chat", hook, desk.errands("webhook:chat"), desk.newsroom, desk.clock, teams=["shop"], clean=str
        )
        yield Line(channel, lambda: len(far_end.journal), lambda how: far_end.plan(HTTP[how], method="POST"))


@contextmanager
def _pagerduty(desk: Desk) -> Iterator[Line]:
    with PagerDutyFarEnd() as far_end:
        pager = PagerDutyEvents(far_end.url, deadline=LONG)
        channel = PagerDutyChannel("shop", pager, ROUTING_KEY, desk.errands("pagerduty:shop"), desk.newsroom, clean=str)
        yield Line(channel, lambda: len(far_end.journal), lambda how: far_end.plan(HTTP[how], method="POST"))


@contextmanager
def _slack(desk: Desk) -> Iterator[Line]:
    with SlackFarEnd() as far_end:
        channel = SlackCalls(
            SlackApi(SLACK_TOKEN, desk.clock, base_url=far_end.api, deadline=LONG),
            desk.errands("slack-calls"),
            desk.newsroom,
            words=Words(str),
            channels=lambda _: ["C0PAYMENTS"],
        )
        facts = {"step": 1, "teams": ["payments"], "people": []}
        troubles = {**HTTP, "429": Instead(Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "3"}))}
        yield Line(
            channel,
            lambda: len(far_end.messages),
            lambda how: far_end.plan(troubles[how], method="POST"),
            EventType.ESCALATED,
            facts,
        )


@contextmanager
def _jira(desk: Desk) -> Iterator[Line]:
    with JiraFarEnd() as far_end:
        client = Jira(far_end.url, user=USER, token=JIRA_TOKEN, deadline=LONG)
        known = SqlIncidents(desk.database, desk.chain, desk.clock)
        channel = JiraChannel(
            JiraTickets(client, "OPS"), desk.ledger, known, desk.clock, fields=lambda _: {"project": "OPS"}
        )
        yield Line(
            channel,
            lambda: len(far_end.issues),
            # Jira that is down answers no question either.
            lambda how: far_end.plan(HTTP[how], method="POST" if how == "after" else ""),
            EventType.DIAGNOSED,
        )


HTTP: dict[str, Any] = {
    "503": Instead(Answer(503, "down")),
    "429": Instead(Answer(429, "slow down", {"Retry-After": "3"})),
    "before": CutBefore(),
    "after": CutAfter(),
    "slow": Late(0.5),
}
LINES = {"email": _mail, "webhook": _webhook, "pagerduty": _pagerduty, "slack": _slack, "jira": _jira}


@pytest.fixture(params=sorted(LINES))
def line(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Line]:
    with ExitStack() as opened:
        yield opened.enter_context(LINES[request.param](desk))


async def _happens(desk: Desk, line: Line) -> None:
    event = Event(type=line.event, incident="inc-1", text="It happened.", facts=line.facts)
    await SqlJournal(desk.database, desk.chain).record(event)


async def _rounds(desk: Desk, *channels: Channel, number: int = 6) -> None:
    dispatcher = desk.dispatcher(*channels)
    for _ in range(number):
        await dispatcher.dispatch()
        await desk.clock.sleep(timedelta(minutes=3))


async def test_it_is_told_once_also_by_the_next_process(desk: Desk, line: Line) -> None:
    await _happens(desk, line)
    await _rounds(desk, line.channel, number=2)
    await _rounds(desk, line.channel, number=2)
    assert line.told() == 1


@pytest.mark.parametrize("how", ["503", "429", "before"])
async def test_while_the_far_end_takes_nothing_it_waits_and_is_told_once_later(
    desk: Desk, line: Line, how: str
) -> None:
    line.trouble(how)
    line.trouble(how)
    await _happens(desk, line)
    await _rounds(desk, line.channel)
    assert line.told() == 1


async def test_a_channel_that_waits_does_not_wait_until_a_clock_that_was_set_back_has_caught_up(
    desk: Desk, line: Line
) -> None:
    line.trouble("503")
    await _happens(desk, line)
    dispatcher = desk.dispatcher(line.channel)
    await dispatcher.dispatch()
    assert line.told() == 0
    desk.clock.time -= timedelta(days=3)
    await dispatcher.dispatch()
    assert line.told() == 1


async def test_what_was_taken_without_a_word_of_it_is_not_told_again(desk: Desk, line: Line) -> None:
    line.trouble("after")
    await _happens(desk, line)
    await _rounds(desk, line.channel)
    assert line.told() == 1


async def test_a_crash_between_telling_and_writing_it_down_tells_nobody_twice(
    desk: Desk, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _happens(desk, line)
    with monkeypatch.context() as killed:
        killed.setattr(SqlLedger, "_write_outcome", _killed)
        with pytest.raises(JournalBroken):
            await desk.dispatcher(line.channel).dispatch()
    assert line.told() == 1
    await _rounds(desk, line.channel)
    assert line.told() == 1


def _killed(*_: object) -> None:
    """As when the process ends here: the outcome is never written."""
    raise JournalBroken("killed")


@dataclass
class _Heard:
    name: str = "beside"
    entries: list[int] = field(default_factory=list)

    async def tell(self, entry: Recorded) -> None:
        self.entries.append(entry.sequence)


async def test_a_far_end_in_trouble_keeps_no_other_channel_waiting(desk: Desk, line: Line) -> None:
    line.trouble("before")
    beside = _Heard()
    await _happens(desk, line)
    await desk.dispatcher(line.channel, beside).dispatch()
    assert 1 in beside.entries


async def test_a_far_end_that_is_slow_keeps_no_other_channel_waiting(desk: Desk, line: Line) -> None:
    line.trouble("slow")
    beside = _Heard()
    await _happens(desk, line)
    slow, quick = desk.dispatcher(line.channel, beside).rounds
    telling = asyncio.ensure_future(slow())
    await asyncio.sleep(0)
    await quick()
    assert (1 in beside.entries, telling.done()) == (True, False)
    await telling
    assert line.told() == 1


async def test_pages_follow_the_incident_and_carry_its_severity(desk: Desk) -> None:
    journal = SqlJournal(desk.database, desk.chain)
    with PagerDutyFarEnd() as far_end:
        channel = PagerDutyChannel(
            "shop",
            PagerDutyEvents(far_end.url, deadline=LONG),
            ROUTING_KEY,
            desk.errands("pagerduty:shop"),
            desk.newsroom,
            clean=str,
        )
        for kind, facts in (
            (EventType.INCIDENT_OPENED, {}),
            (EventType.INCIDENT_UPDATED, {"acknowledged": True}),
            (EventType.ESCALATED, {"step": 1, "teams": ["other"], "people": []}),
            (EventType.INCIDENT_STATUS, {"to": "resolved"}),
        ):
            await journal.record(Event(type=kind, incident="inc-1", text="It happened.", facts=facts))
        await _rounds(desk, channel, number=2)
        assert far_end.journal == [
            {**far_end.journal[0], "effect": "trigger", "key": "inc-1", "severity": "critical"},
            {**far_end.journal[1], "effect": "acknowledge", "key": "inc-1"},
            {**far_end.journal[2], "effect": "resolve", "key": "inc-1"},
        ]


async def test_a_team_that_is_called_because_nobody_answered_is_paged_by_the_call_and_not_before(desk: Desk) -> None:
    journal = SqlJournal(desk.database, desk.chain)
    with PagerDutyFarEnd() as far_end:
        pager = PagerDutyEvents(far_end.url, deadline=LONG)
        channel = PagerDutyChannel("db", pager, ROUTING_KEY, desk.errands("pagerduty:db"), desk.newsroom, clean=str)
        paged = []
        for kind, facts in (
            (EventType.INCIDENT_OPENED, {}),
            (EventType.DIAGNOSED, {}),
            (EventType.ESCALATED, {"step": 1, "teams": ["db"], "people": []}),
        ):
            await journal.record(Event(type=kind, incident="inc-1", text="It happened.", facts=facts))
            await _rounds(desk, channel, number=2)
            paged.append([entry["effect"] for entry in far_end.journal])
        assert paged == [[], [], ["trigger"]]


HOSTILE = "Errors\r\nBcc: eve@evil.example\r\n\r\nWin a prize\x00\x1b[31m\u2028X-Injected: 1"


async def test_no_text_of_an_outsider_begins_a_header_of_its_own(desk: Desk) -> None:
    known = await SqlIncidents(desk.database, desk.chain, desk.clock).get("inc-1")
    hostile = known.model_copy(update={"title": HOSTILE, "service": HOSTILE})
    await desk.database.write(lambda connection: incidents.replace(connection, hostile))
    with SmtpFarEnd() as far_end:
        channel = _mail_channel(desk, far_end)
        await _happens(desk, Line(channel, None, None))
        await _rounds(desk, channel, number=1)
        [taken] = far_end.taken
        assert (taken.to, taken.message["Bcc"], taken.message["X-Injected"]) == (("shop@example.org",), None, None)
        assert taken.message["Subject"].strip().startswith("[critical] Errors Bcc: eve@evil.example Win a prize")
