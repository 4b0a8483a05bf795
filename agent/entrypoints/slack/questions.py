"""What is asked below a card?  Answered from the incident's evidence; words in a chat decide nothing."""

import re

from agent.bootstrap import Application
from agent.domain.errors import AgentError
from agent.entrypoints.slack.incoming import Written
from agent.entrypoints.slack.members import Members
from agent.identity.roles import require
from agent.notify.slack import SlackChannel
from agent.notify.slack_api import Place
from agent.telemetry import Log
from tools.base import BackendError, Unsure

log = Log(__name__)

_MENTION = re.compile(r"<@[A-Z0-9]+(\|[^>]*)?>\s*")


class Asked:
    def __init__(self, application: Application, slack: SlackChannel, members: Members) -> None:
        self._application = application
        self._slack = slack
        self._members = members

    async def answer(self, written: Written) -> None:
        """People also talk to each other there: what ends with `?`, or mentions the agent, is for it.

        Whoever may not ask gets no answer, and neither does what is no question.
        """
        if written.type == "message" and not written.text.rstrip().endswith("?"):
            return
        try:
            who = await self._members.caller(written.user)
            require(who, "ask")
            place = Place(written.channel, written.thread_ts)
            if incident := await self._slack.incident_at(place):
                known = (await self._application.views.seen_by(who).incident(incident)).incident
                found = await self._application.service.questions.ask(known, _MENTION.sub("", written.text), who)
                await self._application.service.reading.note(who.name, known.id, "slack ask")
                await self._slack.answer(incident, place, written.ts, found.answer)
        except (AgentError, BackendError, Unsure) as error:
            log.warning("a question in Slack was not answered", member=written.user, reason=str(error))
