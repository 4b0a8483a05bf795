"""What does a click do?  It names a question or an incident; everything else is read from our own record."""

import re
from collections.abc import Callable, Coroutine

from agent.bootstrap import Application
from agent.domain.approval import Decision
from agent.domain.errors import AgentError, NotAllowed, Refused
from agent.entrypoints.slack.incoming import Click, Submitted
from agent.entrypoints.slack.members import Members
from agent.identity.roles import Caller, require
from agent.notify.render_slack import worded
from agent.notify.slack import SlackChannel
from agent.notify.slack_api import Block
from agent.telemetry import Log
from tools.base import BackendError, Unsure

log = Log(__name__)

APPROVAL = re.compile(r"ap-[0-9a-f]{32}")
INCIDENT = re.compile(r"inc-[A-Za-z0-9._:-]{1,90}")
_REDRAWN = 3
"""Times, of the five that Slack lets one click be answered."""
FIELD = "words"
"""The one field of our dialogs."""


class Clicks:
    def __init__(
        self,
        application: Application,
        slack: SlackChannel,
        members: Members,
        later: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        """`later`: a reply that need not be waited for."""
        self._application = application
        self._people = application.service.people
        self._slack = slack
        self._members = members
        self._later = later

    async def click(self, click: Click) -> None:
        """Do it, redraw the card where it was clicked, and tell the person alone what could not be done."""
        pressed = click.actions[0]
        try:
            incident = await self._pressed(click, pressed.action_id, pressed.value)
        except AgentError as error:
            self._whisper(click.response_url, await refusal(error, self._members))
            incident = await self._incident_of(pressed.value)
        if incident:
            self._later(self._redraw(click.response_url, incident))

    async def submit(self, form: Submitted) -> str | None:
        """A reason or a cause was typed into a dialog; what the dialog shows when it cannot be done."""
        about = form.view.private_metadata
        try:
            who = await self._members.caller(form.user.id)
            match form.view.callback_id:
                case "deny" if APPROVAL.fullmatch(about):
                    await self.decide(about, Decision.DENY, who, form.typed)
                case "feedback_wrong" if INCIDENT.fullmatch(about):
                    await self.judge(about, "wrong", form.typed, who)
        except AgentError as error:
            return await refusal(error, self._members)
        return None

    async def decide(self, approval: str, decision: Decision, who: Caller, reason: str = "") -> str:
        """The one way to decide; the incident it was about."""
        require(who, "approve:low")
        decided = await self._people.decide(approval, decision, who, via="slack", comment=reason.strip())
        return decided.incident

    async def judge(self, incident: str, verdict: str, cause: str, who: Caller) -> None:
        require(who, "ask")
        await self._people.give_feedback(incident, verdict, cause.strip()[:500], "", who)

    async def _pressed(self, click: Click, action: str, value: str) -> str:
        who = await self._members.caller(click.user.id)
        if not (APPROVAL if action in {"approve", "deny"} else INCIDENT).fullmatch(value):
            raise Refused("This button names nothing that is known here.")
        match action:
            case "approve":
                return await self.decide(value, Decision.APPROVE, who)
            case "deny":
                return await self._deny(click.trigger_id, value, who)
            case "acknowledge":
                require(who, "ask")
                return (await self._people.acknowledge(value, who)).id
            case "take_over":
                require(who, "approve:low")
                return (await self._people.take_over(value, who)).id
            case "feedback_right":
                await self.judge(value, "right", "", who)
                return value
            case "feedback_wrong":
                require(who, "ask")
                await self._open(
                    click.trigger_id, _dialog("feedback_wrong", value, "Diagnosis is wrong", "The real cause")
                )
        return ""

    async def _deny(self, trigger: str, approval: str, who: Caller) -> str:
        """Asks for the reason first; when that cannot be asked, no is no without one."""
        require(who, "approve:low")
        asked = await self._application.views.seen_by(who).approval(approval)
        if await self._open(trigger, _dialog("deny", approval, "Deny", "Why not?")):
            return ""
        return await self.decide(asked.id, Decision.DENY, who)

    async def _open(self, trigger: str, dialog: Block) -> bool:
        try:
            await self._slack.api.open_dialog(trigger, dialog)
        except (BackendError, Unsure) as error:
            log.warning("a dialog was not opened", reason=str(error))
            return False
        return True

    async def _incident_of(self, value: str) -> str:
        """What the card that was clicked is about, as far as the value says."""
        try:
            if APPROVAL.fullmatch(value):
                return (await self._application.views.approval(value)).incident
            return (await self._application.views.incident(value)).incident.id
        except AgentError:
            return ""

    def _whisper(self, url: str, sentence: str) -> None:
        self._later(self._slack.api.respond(url, worded(self._slack.words.shown(sentence))))

    async def _redraw(self, url: str, incident: str) -> None:
        """At once, where it was clicked; whoever follows the journal keeps it current from then on."""
        for _ in range(_REDRAWN):
            seen = await self._application.views.newest(incident)
            drawn = await self._slack.drawn(incident)
            await self._slack.api.respond(url, drawn, replace=True)
            # What changed while this was under way may be on the card already: it must not be left overwritten.
            if await self._application.views.newest(incident) == seen or await self._slack.drawn(incident) == drawn:
                return


async def refusal(error: AgentError, members: Members) -> str:
    """The sentence a person is told, and whom they may ask."""
    if not isinstance(error, NotAllowed) or ": ask " in str(error):
        return str(error)
    return f"Not allowed. {error} Otherwise {await members.advice('approve:high')}"


def _dialog(callback: str, about: str, title: str, label: str) -> Block:
    field: Block = {
        "type": "input",
        "block_id": FIELD,
        "optional": callback == "deny",
        "label": {"type": "plain_text", "text": label},
        "element": {"type": "plain_text_input", "action_id": FIELD, "multiline": True, "max_length": 2_000},
    }
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": about,
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Send"},
        "close": {"type": "plain_text", "text": "Back"},
        "blocks": [field],
    }
