"""Do people see the series that a diagnosis was read from, once, and does nobody wait for it?"""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.domain.event import EventType
from agent.domain.evidence import Curve, Evidence, EvidenceKind
from agent.domain.hypothesis import Claim, Diagnosis, Usage, Verdict
from tests.farends.answers import Answer, CutAfter, Instead
from tests.farends.slack import File, Message
from tests.integration.agent.entrypoints.slack.office import Office, office

SECRET = "AKIA" + "Q3EXAMPLEKEY7ABC"


async def _diagnosed(here: Office, name: str = "latency") -> None:
    began = here.now.timestamp()
    points = tuple((began - 600 + 15 * step, 0.1 if step < 20 else 2.0) for step in range(40))
    curve = Curve(name=name, unit="s", points=points, onset=here.now - timedelta(seconds=300))
    seen = Evidence(
        id="e1", kind=EvidenceKind.METRIC, source="metrics", query="q", entity="cart", summary="It rose.", picture=curve
    )
    said = Evidence(id="e2", kind=EvidenceKind.LOG, source="logs", query="q", summary="It says so.")
    record = here.application.record
    await record.incidents.add_evidence("inc-1", [seen, said])
    diagnosis = Diagnosis(
        verdict=Verdict.CAUSE,
        analysed_by="analysis",
        component="cart",
        summary="cart is slow.",
        claims=(Claim(text="It says so.", evidence=("e2",)), Claim(text="It rose.", evidence=("e1",))),
        confidence=0.9,
    )
    await record.incidents.save_diagnosis("inc-1", "inc-1.1", diagnosis, Usage())


def _pictures(here: Office) -> list[tuple[Message, File]]:
    return [(message, file) for message in here.slack.messages for file in message.files]


async def test_the_chart_behind_the_diagnosis_stands_below_the_card_and_says_itself_in_words(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await _diagnosed(here)
        for _ in range(3):
            await here.dispatch()
        [(message, file)] = _pictures(here)
        card = here.slack.card()
        [image] = [block for block in card.blocks if block["type"] == "image"]
    assert (message.channel, message.thread_ts, file.title) == (card.channel, card.ts, "latency of cart")
    assert (here.slack.shared[image["slack_file"]["id"]], image["alt_text"]) == (file, file.alt)
    assert file.content.startswith(b"\x89PNG")
    assert file.alt.startswith("latency of cart from ")


@pytest.mark.attack("S56", "S65")
async def test_what_is_written_beside_a_chart_is_cleaned(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await _diagnosed(here, name=f"<!channel> {SECRET} \u202eevil\x1b[31m")
        await here.dispatch()
        [(_, file)] = _pictures(here)
        asked = b"".join(one.raw_path.encode() + one.body for one in here.slack.asked)
    assert not {"\u202e", "\x1b"} & set(file.title + file.alt)
    assert SECRET.encode() not in asked


@pytest.mark.parametrize(
    "trouble",
    [
        CutAfter(),
        Instead(Answer(200, {"ok": False, "error": "fatal_error"})),
        Instead(Answer(200, {"ok": False, "error": "file_upload_size_restricted"})),
    ],
)
async def test_a_chart_that_cannot_be_shown_keeps_nobody_waiting(tmp_path: Path, trouble: CutAfter | Instead) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await here.dispatch()
        await _diagnosed(here)
        here.slack.plan(trouble, path="/api/files.", times=9)
        await here.dispatch()
        assert "cart is slow." in here.slack.card().shown
        assert here.slack.thread(here.slack.card()) == ["Diagnosed by analysis: cart is slow."]


async def test_an_app_that_may_not_upload_goes_without_charts(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        here.slack.scopes.clear()
        await here.incident()
        await _diagnosed(here)
        await here.ask()
        await here.dispatch()
        assert "approve" in here.slack.card().buttons
        assert _pictures(here) == []


async def test_a_card_goes_without_a_chart_that_is_gone(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await _diagnosed(here)
        await here.dispatch()
        here.slack.shared.clear()
        await here.ask()
        await here.dispatch()
        card = here.slack.card()
    assert ("approve" in card.buttons, [block for block in card.blocks if block["type"] == "image"]) == (True, [])


async def test_a_chart_that_slack_did_not_take_at_first_stands_on_the_card_at_the_next_news(tmp_path: Path) -> None:
    async with office(tmp_path) as here:
        await here.incident()
        await _diagnosed(here)
        await here.dispatch()
        shared = dict(here.slack.shared)
        here.slack.shared.clear()
        await here.ask()
        await here.dispatch()
        here.slack.shared.update(shared)
        await here.tell(EventType.INCIDENT_UPDATED, "inc-1", "Another alert came.")
        await here.dispatch()
        shown = [block["slack_file"]["id"] for block in here.slack.card().blocks if block["type"] == "image"]
    assert shown == list(shared)
