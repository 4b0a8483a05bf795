"""Is what others wrote only ever text on a card, and does a card fit into Slack?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.hypothesis import Claim, Diagnosis, Usage, Verdict
from agent.domain.incident import IncidentStatus
from agent.notify.render_slack import SECTION, Card, Seen, Words, escaped
from agent.policy.redaction import Redactor
from tests.farends.slack import SlackFarEnd, marked
from tests.incidents import an_incident
from tests.integration.agent.storage.proposals import proposal

AT = datetime(2026, 11, 21, 12, 5, tzinfo=UTC)
MARKUP = "<!channel> <@U0ANN> <http://evil.example|bank> `x` ```y``` *bold* & &lt;!here&gt;"
HOSTILE = f"{MARKUP} \u202eevil\u200b\x1b[31m\nApproved"


def _seen(text: str, status: ApprovalStatus = ApprovalStatus.PENDING) -> Seen:
    incident = an_incident(AT, status=IncidentStatus.PARKED, title=text, service=text, team=text, parked_because=text)
    diagnosis = Diagnosis(
        verdict=Verdict.CAUSE,
        analysed_by="analysis",
        component=text,
        summary=text,
        claims=tuple(Claim(text=text, evidence=(text,)) for _ in range(9)),
        confidence=0.87,
    )
    asked = Approval(
        id="ap-" + "0" * 32,
        incident="inc-1",
        proposal=proposal(title=text),
        reason=text,
        shown=text,
        status=status,
        created_at=AT,
        expires_at=AT + timedelta(minutes=15),
        decided_by=text,
        decided_at=AT,
        decided_via="slack",
        comment=text,
    )
    return Seen(incident=incident, diagnosis=diagnosis, usage=Usage(), approvals=(asked,) * 9)


def _drawn(seen: Seen) -> Any:
    """As the far end shows it, which refuses what Slack refuses."""
    drawn = Card(Words(lambda text: Redactor(b"k" * 32).abstract(text))).draw(seen)
    with SlackFarEnd() as slack:
        answer = slack._post({"channel": "C0INCIDENTS", "text": drawn.text, "blocks": list(drawn.blocks)})
        assert answer.body["ok"] is True, answer.body
        return slack.card()


@pytest.mark.attack("S18", "S56")
@pytest.mark.parametrize("status", list(ApprovalStatus))
def test_nobody_is_mentioned_and_nothing_linked_whatever_the_texts_say(status: ApprovalStatus) -> None:
    shown = _drawn(_seen(HOSTILE, status))
    assert {one.partition("^")[0] for one in marked(shown)} == {"<!date"}
    assert not {"`", "\u202e", "\u200b", "\x1b"} & set(shown.shown)
    assert "&lt;!channel&gt;" in shown.shown
    assert "&amp;lt;!here&amp;gt;" in shown.shown
    assert shown.text.startswith("[HIGH] &lt;!channel&gt; &lt;@U0ANN&gt; &lt;http://evil.example|bank&gt; 'x'")
    assert "\nApproved*" not in shown.shown  # a title is one line, and cannot forge a stamp below it


@pytest.mark.attack("S29")
def test_where_no_click_would_come_back_there_is_no_button() -> None:
    drawn = Card(Words(str), answered=False).draw(_seen("Restart cart?")).blocks
    assert "actions" not in {block["type"] for block in drawn}
    assert {"type": "mrkdwn", "text": "Decide on the page or on the command line.", "verbatim": True} in [
        block.get("text") for block in drawn
    ]


@pytest.mark.parametrize("letter", ["x", "&", "x\n", "\U0001f525"])
def test_a_card_fits_however_long_the_texts_are(letter: str) -> None:
    shown = _drawn(_seen(letter * 20_000))
    assert max(len(block["text"]["text"]) for block in shown.blocks if "text" in block) <= SECTION


def test_each_piece_of_evidence_is_a_link_to_it_and_what_cannot_be_one_of_ours_is_text() -> None:
    seen = _seen("cart leaks.")
    claims = (Claim(text="It leaks.", evidence=("e1", "e2")), Claim(text="It lies.", evidence=(MARKUP,)))
    known = seen.diagnosis
    assert known is not None
    seen = seen.model_copy(update={"diagnosis": known.model_copy(update={"claims": claims})})
    [told] = [
        str(block["text"]["text"])  # type: ignore[index, call-overload]  # a section's
        for block in Card(Words(str), "https://agent.example").draw(seen).blocks
        if "It leaks." in str(block)
    ]
    page = "https://agent.example/incidents/inc-1"
    assert told.splitlines()[0] == f"• It leaks. [<{page}#e1|e1>, <{page}#e2|e2>]"
    assert "<" not in told.splitlines()[1]


def test_a_card_with_links_fits_however_long_the_address_is() -> None:
    seen = _seen("x" * 20_000)
    known = seen.diagnosis
    assert known is not None
    claims = tuple(Claim(text="x" * 20_000, evidence=("e1", "e2", "e3", "e4")) for _ in range(9))
    seen = seen.model_copy(update={"diagnosis": known.model_copy(update={"claims": claims})})
    for host in ("a.example", "a" * 60 + ".example", "a" * 400):
        drawn = Card(Words(str), f"https://{host}").draw(seen)
        sections = [block["text"]["text"] for block in drawn.blocks if "text" in block]  # type: ignore[index, call-overload]  # a section's
        assert max(len(str(text)) for text in sections) <= SECTION


@pytest.mark.parametrize("most", range(3, 40))
def test_nothing_is_cut_within_what_was_written_out(most: int) -> None:
    cut = escaped("a&b<c>d" * 10, most)
    assert len(cut) <= most
    assert escaped("", most) == ""
    assert all(part.partition(";")[0] in {"amp", "lt", "gt"} for part in cut.split("&")[1:])


def test_a_long_text_is_told_in_pieces_and_whole() -> None:
    text = "".join(f"line {number} & more\n" for number in range(1_000)) + "&" * 5_000
    pieces = Words(str).pieces(text)
    assert "".join(pieces).replace("&amp;", "&") == text
    assert max(map(len, pieces)) <= SECTION


def test_the_stamp_says_who_and_when_local_to_the_reader() -> None:
    shown = _drawn(_seen("ann", ApprovalStatus.APPROVED)).shown
    stamp = f"<!date^{int(AT.timestamp())}^{{date_short_pretty}} {{time}}|2026-11-21 12:05 UTC>"
    assert f":white_check_mark: *ann*\nApproved by ann at {stamp} (slack).\n“ann”" in shown


@pytest.mark.attack("S29")
@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("Restart cart?\n  service = cart", ""),
        ("Restart cart?\nWould send: POST http://10.20.30.40/services/cart/restart", "are replaced in this"),
        ("Restart cart?\n" + "x" * SECTION, "This is cut"),
    ],
)
def test_a_question_that_is_not_shown_whole_says_so_above_its_buttons(text: str, warning: str) -> None:
    words = _drawn(_seen(text)).shown
    assert (":warning:" in words) == bool(warning)
    assert warning in words
