"""How does an incident look in Slack? One card; whatever others wrote stands there as text and nothing else.

Mark-up of Slack's is `&`, `<`, `>`; with these written out there is no mention, no link and no date but ours.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic import JsonValue

from agent.domain.approval import Approval, ApprovalStatus
from agent.domain.base import Noun
from agent.domain.hypothesis import Claim, Diagnosis, Usage, Verdict
from agent.domain.incident import OVER, Incident, IncidentStatus
from agent.domain.wording import counted
from agent.notify.slack_api import Block, Shared, Text
from tools.invisible import visible
from tools.wording import one_line

SECTION = 3_000
"""Characters of a section's text."""
FIELD = 2_000
ALT = 2_000
_PIECE = 2_700
"""Characters of a long text in one message of a thread; the rest is for the frame around it."""
_EVIDENCE = 3
"""Claims on a card."""
_LINKS, _CITED = 3, 380
"""Pieces of evidence of one claim, and characters of their links, so that three claims fit a section."""
_OURS = re.compile(r"[A-Za-z0-9-]{1,20}")
_DECIDED = 5
"""Approvals that a card shows at most, the newest."""

_CUT = " …"
_WRITTEN = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("`", "'"), ("*", "\u2217"))
"""The first three are mark-up; a back-tick or a star would begin, or end, what the card shows as code or in bold."""
_SIGNS = {
    IncidentStatus.RESOLVED: ":white_check_mark:",
    IncidentStatus.CLOSED: ":white_check_mark:",
    IncidentStatus.PARKED: ":raised_hand:",
    IncidentStatus.AWAITING_APPROVAL: ":question:",
}


class Seen(Noun):
    """What a card tells of."""

    incident: Incident
    diagnosis: Diagnosis | None
    """The latest."""
    usage: Usage
    approvals: tuple[Approval, ...]
    """The newest first."""


class Words:
    """Makes a text of anybody's fit to be shown."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        """`clean` takes out secrets and personal data; Refused when it cannot."""
        self._clean = clean

    def said(self, text: str, most: int = SECTION) -> str:
        """Cleaned and on one line, without what is not seen, its mark-up written out, at most so long."""
        return escaped(" ".join(self._clean(text).split()), most)

    def shown(self, text: str, most: int = SECTION) -> str:
        """The same, in its lines."""
        return escaped(self._clean(text), most)

    def lacks(self, text: str, most: int = SECTION) -> str:
        """What `shown` leaves out of it, in a sentence; empty when people see all of it."""
        cleaned = visible(self._clean(text))
        if cleaned != visible(text):
            return "Addresses or names are replaced in this. Read it on the page before you approve it."
        cut = len(_escape(cleaned)) > most
        return "This is cut. Read all of it below, or on the page, before you approve it." if cut else ""

    def plain(self, text: str, most: int = FIELD) -> str:
        """The same where Slack reads no mark-up: cleaned and on one line."""
        return one_line(self._clean(text))[:most]

    def pieces(self, text: str) -> list[str]:
        """The same of a long text: all of it, a message's worth each."""
        return _joined([_escape(line) for line in _short_lines(visible(self._clean(text)))])


class Card:
    """Draws incidents."""

    def __init__(self, words: Words, page: str = "", *, answered: bool = True) -> None:
        """`page`: the dashboard's address, for a link; empty: none. `answered`: do clicks come back?  If not, there are
        no buttons."""
        self._words = words
        self._page = page
        self._answered = answered

    def draw(self, seen: Seen, chart: Shared | None = None) -> Text:
        """`chart`: what the diagnosis was read from."""
        incident = seen.incident
        headline = f"[{incident.severity.upper()}] {self._words.said(incident.title, 300)}"
        blocks = [
            _section(f"{_SIGNS.get(incident.status, ':rotating_light:')} *{headline}*"),
            self._facts(incident),
            *self._cause(seen),
            *([_image(chart)] if chart else []),
            *self._questions(seen),
            self._foot(seen),
            *(_buttons(seen) if self._answered else []),
        ]
        return Text(f"{headline}: {_worded(incident.status)}", blocks)

    def _facts(self, incident: Incident) -> Block:
        told = {
            "State": _worded(incident.status),
            "Service": self._words.said(incident.service, 200) or "not named by the alerts",
            "Opened": when(incident.opened_at),
            "Team": self._words.said(incident.team, 100) or "none",
        }
        if incident.parked_because:
            told["Needs a human"] = self._words.said(incident.parked_because, 1_000)
        fields: list[JsonValue] = [_mrkdwn(f"*{name}*\n{value}") for name, value in told.items()]
        return {"type": "section", "fields": fields}

    def _cause(self, seen: Seen) -> list[Block]:
        found = seen.diagnosis
        if found is None:
            return [_section("_No diagnosis yet._")]
        by = "a model, checked against the evidence" if found.analysed_by == "model" else "analysis, no model asked"
        what = "Cause" if found.verdict is Verdict.CAUSE else found.verdict.capitalize()
        where = f" {self._words.said(found.component, 200)}" if found.component else ""
        sure = "" if found.verdict is Verdict.INCONCLUSIVE else f" · {found.confidence:.0%} sure"
        head = f"*{what}*{where}{sure} · {by}"
        parts = [_section(f"{head}\n{self._words.said(found.summary, 1_500)}")]
        lines = [self._cited(claim, seen.incident.id) for claim in found.claims[:_EVIDENCE]]
        return parts + ([_section("\n".join(lines))] if lines else [])

    def _cited(self, claim: Claim, incident: str) -> str:
        """With a link to each piece of evidence, where there is a page to link to."""
        links = [self._linked(id_, incident) for id_ in claim.evidence[:_LINKS]]
        cited = ", ".join(links)
        if len(cited) > _CITED:
            cited = self._words.said(", ".join(claim.evidence), 100)
        return f"• {self._words.said(claim.text, 600)} [{cited}]"

    def _linked(self, evidence: str, incident: str) -> str:
        if not self._page or not _OURS.fullmatch(evidence):
            return self._words.said(evidence, 30)
        return f"<{self._page}/incidents/{incident}#{evidence}|{evidence}>"

    def _questions(self, seen: Seen) -> list[Block]:
        blocks: list[Block] = []
        for asked in seen.approvals[:_DECIDED]:
            if asked.status is ApprovalStatus.PENDING:
                blocks += self._question(asked)
            else:
                blocks.append(_section(self._stamp(asked)))
        return blocks

    def _question(self, asked: Approval) -> list[Block]:
        needs = f" · approved {asked.progress}" if asked.quorum > 1 else ""
        by = f" (by {self._words.said(', '.join(asked.approvers), 200)})" if asked.approvers else ""
        head = f"*May the agent do this?* · risk {asked.proposal.risk}{needs}{by} · expires {when(asked.expires_at)}"
        lacks = self._words.lacks(asked.shown)
        warning = [_section(f":warning: {lacks}")] if lacks else []
        choice = _choice(asked) if self._answered else _section("Decide on the page or on the command line.")
        return [_section(head), _section(self._words.shown(asked.shown)), *warning, choice]

    def _stamp(self, asked: Approval) -> str:
        title = self._words.said(asked.proposal.title, 300)
        if asked.status is ApprovalStatus.EXPIRED:
            return f":hourglass: *{title}*: nobody decided in time, or it was withdrawn."
        denied = asked.status is ApprovalStatus.DENIED
        who = asked.decided_by if denied or not asked.approvers else " and ".join(asked.approvers)
        at = f" at {when(asked.decided_at)}" if asked.decided_at else ""
        said = f"\n“{self._words.said(asked.comment, 500)}”" if asked.comment else ""
        sign, verb = (":no_entry:", "Denied") if denied else (":white_check_mark:", "Approved")
        return f"{sign} *{title}*\n{verb} by {self._words.said(who, 200)}{at} ({asked.decided_via}).{said}"

    def _foot(self, seen: Seen) -> Block:
        calls, cost = seen.usage.calls, seen.usage.cost_usd
        spent = f"{counted(calls, 'model call')}, ${cost:.4f}" if calls else "no model asked, $0"
        link = f" · <{self._page}/incidents/{seen.incident.id}|all of it>" if self._page else ""
        return {"type": "context", "elements": [_mrkdwn(f"{seen.incident.id} · {spent}{link}")]}


def escaped(text: str, most: int = SECTION) -> str:
    """`&`, `<`, `>` written out, nothing invisible, at most `most` characters with what was written out."""
    whole = _escape(visible(text))
    if len(whole) <= most:
        return whole
    room, kept = most - len(_CUT), []
    for letter in map(_escape, visible(text)):
        room -= len(letter)
        if room < 0:
            break
        kept.append(letter)
    return "".join(kept) + _CUT


def when(at: datetime) -> str:
    """Local to the reader; in UTC where that cannot be shown."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def worded(text: str) -> Text:
    """A message of one section, in which the text is fit to be shown already."""
    return Text(text, [_section(text)])


def _escape(text: str) -> str:
    for sign, written in _WRITTEN:
        text = text.replace(sign, written)
    return text


def _short_lines(text: str) -> list[str]:
    """Its lines with their ends, the long ones broken: one character may be five when it is written out."""
    width = _PIECE // 5
    return [line[at : at + width] for line in text.splitlines(keepends=True) for at in range(0, len(line), width)]


def _joined(parts: Sequence[str]) -> list[str]:
    """As few as fit."""
    found = [""]
    for part in parts:
        if len(found[-1]) + len(part) > _PIECE:
            found.append("")
        found[-1] += part
    return found


def _worded(status: IncidentStatus) -> str:
    return status.replace("_", " ")


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    # `verbatim`: Slack itself makes no links of addresses and no mentions of channel names.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _image(chart: Shared) -> Block:
    return {"type": "image", "slack_file": {"id": chart.file}, "alt_text": chart.said[:ALT]}


def _choice(asked: Approval) -> Block:
    """A click says which question it answers, and nothing else: what is asked stands on our record."""
    elements: list[JsonValue] = [
        _button("approve", "Approve", asked.id, "primary"),
        _button("deny", "Deny", asked.id, "danger"),
    ]
    return {"type": "actions", "block_id": asked.id, "elements": elements}


def _buttons(seen: Seen) -> list[Block]:
    """What people may do about an incident, by its id."""
    id_, status = seen.incident.id, seen.incident.status
    elements: list[JsonValue] = []
    if status not in OVER:
        elements.append(_button("acknowledge", "Acknowledge", id_))
    if status not in OVER | {IncidentStatus.PARKED}:
        elements.append(_button("take_over", "Take over", id_))
    if seen.diagnosis is not None:
        elements.append(_button("feedback_right", "Diagnosis is right", id_))
        elements.append(_button("feedback_wrong", "Diagnosis is wrong", id_))
    return [{"type": "actions", "block_id": id_, "elements": elements}] if elements else []


def _button(action: str, label: str, value: str, style: str = "") -> Block:
    text: Block = {"type": "plain_text", "text": label}
    button: Block = {"type": "button", "action_id": action, "text": text, "value": value}
    return {**button, "style": style} if style else button
