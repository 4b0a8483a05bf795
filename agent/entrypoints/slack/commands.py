"""What does `/incident …` do?  The same as the page and the command line, through the same use cases."""

from datetime import timedelta

from agent.bootstrap import Application
from agent.domain.approval import ApprovalStatus, Decision
from agent.domain.errors import AgentError, Refused
from agent.domain.silence import Matcher
from agent.entrypoints.slack.clicks import APPROVAL, Clicks, refusal
from agent.entrypoints.slack.incoming import Command
from agent.entrypoints.slack.members import Members
from agent.identity.roles import Caller, require
from agent.notify.render_slack import worded
from agent.notify.slack import SlackChannel
from agent.notify.slack_api import Text
from agent.views import Views

USAGE = """\
/incident list
/incident show ID
/incident ask ID QUESTION
/incident ack ID
/incident approve ID [REASON]
/incident deny ID [REASON]
/incident feedback ID right|wrong [CAUSE]
/incident mute ID MINUTES [REASON]
ID is an incident's; after approve and deny an approval's is understood as well."""
_LONGEST_MUTE = timedelta(days=30)
_LISTED = 10


class Commands:
    def __init__(self, application: Application, slack: SlackChannel, members: Members, clicks: Clicks) -> None:
        self._application = application
        self._service = application.service
        self._slack = slack
        self._members = members
        self._clicks = clicks

    async def run(self, command: Command) -> Text:
        """What the person alone is told."""
        try:
            who = await self._members.caller(command.user_id)
            return await self._run(command.text, who)
        except AgentError as error:
            return self._said(await refusal(error, self._members))

    async def _run(self, text: str, who: Caller) -> Text:
        verb, _, rest = text.strip().partition(" ")
        about, _, words = rest.strip().partition(" ")
        if verb == "list":
            return self._said(await self._list(who))
        if not about:
            return self._said(USAGE)
        if verb == "show":
            require(who, "read")
            known = (await self._views(who).incident(about)).incident
            await self._service.reading.note(who.name, known.id, "slack show")
            return await self._slack.drawn(known.id)
        return self._said(await self._do(verb, about, words.strip(), who))

    async def _do(self, verb: str, about: str, words: str, who: Caller) -> str:
        match verb:
            case "ask":
                return await self._ask(about, words, who)
            case "ack":
                require(who, "ask")
                return f"{(await self._service.people.acknowledge(about, who)).id}: it is noted that you have seen it."
            case "approve" | "deny":
                return await self._decide(about, Decision(verb), words, who)
            case "feedback":
                return await self._feedback(about, words, who)
            case "mute":
                return await self._mute(about, words, who)
        return USAGE

    async def _list(self, who: Caller) -> str:
        require(who, "read")
        found = (await self._views(who).incidents(limit=_LISTED)).incidents
        lines = [f"{one.id} · {one.status} · {one.severity} · {one.title}" for one in found]
        return "\n".join(lines) or "There are no incidents."

    async def _ask(self, incident: str, question: str, who: Caller) -> str:
        require(who, "ask")
        known = (await self._views(who).incident(incident)).incident
        found = await self._service.questions.ask(known, question, who)
        await self._service.reading.note(who.name, known.id, "slack ask")
        return found.answer

    async def _decide(self, about: str, decision: Decision, reason: str, who: Caller) -> str:
        require(who, "approve:low")
        approval = about if APPROVAL.fullmatch(about) else await self._open_question(about, who)
        await self._clicks.decide(approval, decision, who, reason)
        decided = await self._views(who).approval(approval)
        progress = f" ({decided.progress})" if decided.quorum > 1 else ""
        return f"{decided.proposal.title}: {decided.status}{progress}."

    async def _open_question(self, incident: str, who: Caller) -> str:
        known = (await self._views(who).incident(incident)).approvals
        pending = [one.id for one in known if one.status is ApprovalStatus.PENDING]
        if len(pending) != 1:
            raise Refused(f"{incident} asks {len(pending) or 'no'} questions at the moment.")
        return pending[0]

    async def _feedback(self, incident: str, words: str, who: Caller) -> str:
        verdict, _, cause = words.partition(" ")
        if verdict not in {"right", "wrong"}:
            return USAGE
        await self._clicks.judge(incident, verdict, cause, who)
        return "Thank you; it is learned from."

    async def _mute(self, incident: str, words: str, who: Caller) -> str:
        require(who, "approve:low")
        minutes, _, reason = words.partition(" ")
        length = timedelta(minutes=int(minutes)) if minutes.isdecimal() and len(minutes) < 6 else timedelta(0)
        if not timedelta(0) < length <= _LONGEST_MUTE:
            raise Refused("Say for how many minutes, at most 43200: /incident mute ID 60")
        known = (await self._views(who).incident(incident)).incident
        if not known.labels:
            raise Refused(f"The alerts of {incident} have no label in common; mute them by silences.")
        matchers = [Matcher(label=label, value=value) for label, value in sorted(known.labels.items())[:20]]
        silence = await self._service.silencing.add(matchers, length, reason, who)
        what = ", ".join(str(matcher) for matcher in silence.matchers)
        return f"Muted until {silence.ends_at:%Y-%m-%d %H:%M} UTC: {what}."

    def _views(self, who: Caller) -> Views:
        return self._application.views.seen_by(who)

    def _said(self, sentence: str) -> Text:
        return worded(self._slack.words.shown(sentence))
