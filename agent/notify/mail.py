"""One thread of mail an incident: to the team, and to whoever is called when nobody answers."""

from collections.abc import Callable, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from agent.domain.base import digest
from agent.domain.event import EventType, Recorded
from agent.domain.remediation import EffectStatus
from agent.notify.errands import Errand, Errands
from agent.notify.news import LONGEST, News, Newsroom
from agent.telemetry import Log
from tools.base import ActResult
from tools.wording import one_line

log = Log(__name__)

_TOLD = {
    EventType.INCIDENT_OPENED,
    EventType.INCIDENT_REOPENED,
    EventType.DIAGNOSED,
    EventType.APPROVAL_REQUESTED,
    EventType.APPROVAL_EXPIRED,
    EventType.ESCALATED,
    EventType.VERIFIED,
    EventType.PARKED,
    EventType.JOB_DEAD,
}
_SUBJECT = 150
"""Characters of a subject."""


class Mail(Protocol):
    """`tools.act.mail.Mailer`."""

    @property
    def sender(self) -> str: ...

    async def send(self, message: EmailMessage, to: Sequence[str]) -> ActResult:
        """Raises BackendError when it was not taken."""
        ...


class MailChannel:
    name = "email"

    def __init__(
        self,
        mail: Mail,
        errands: Errands,
        newsroom: Newsroom,
        *,
        addresses: Callable[[News], Sequence[str]],
        clean: Callable[[str], str],
        page: str = "",
    ) -> None:
        """`addresses`: whom a piece of news goes to; `page`: where incidents can be looked at."""
        self._mail = mail
        self._errands = errands
        self._newsroom = newsroom
        self._addresses = addresses
        self._clean = clean
        self._page = page

    async def tell(self, entry: Recorded) -> None:
        news = await self._newsroom.news(entry)
        if news is None or not self._worth_it(news):
            return
        if not (to := list(dict.fromkeys(self._addresses(news)))):
            return
        if entry.event.type is not EventType.APPROVAL_REQUESTED and await self._newsroom.hushed(news.incident):
            return
        message = self._written(news, to)
        errand = Errand("mail", str(entry.sequence), news.incident.id, f"Mail about {news.incident.id}.")
        effect = await self._errands.again(errand, lambda: self._mail.send(message, to))
        if effect.status is not EffectStatus.DONE:
            log.warning("not told", channel=self.name, entry=entry.sequence, reason=effect.detail)

    def _worth_it(self, news: News) -> bool:
        known = news.type is EventType.VERIFIED or not news.over
        return news.ends or news.late or (news.type in _TOLD and known)

    def _written(self, news: News, to: Sequence[str]) -> EmailMessage:
        """The same every time it is written: also its Message-ID, by which a repeat is known."""
        incident, entry = news.incident, news.entry
        message = EmailMessage(policy=SMTP)
        message["From"] = Address("incident-agent", addr_spec=self._mail.sender)
        message["To"] = ", ".join(to)
        message["Subject"] = one_line(f"[{incident.severity}] {self._clean(incident.title)}")[:_SUBJECT]
        message["Date"] = format_datetime(entry.at)
        message["Message-ID"] = self._id([incident.id, entry.sequence])
        message["In-Reply-To"] = message["References"] = self._id([incident.thread])
        # Nobody's holiday reply is wanted (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self._body(news))
        return message

    def _body(self, news: News) -> str:
        incident, event = news.incident, news.entry.event
        shown = event.facts.get("shown")
        lines = [
            self._clean(event.text)[:LONGEST],
            *([self._clean(str(shown))[:LONGEST]] if shown else []),
            "",
            (
                f"Incident {incident.id}, {incident.severity}, {incident.status}, service"
                f" {self._clean(incident.service) or 'not named'}."
            ),
            f"Team {incident.team or 'none'}: {self._clean(incident.routed)}" if incident.routed else "",
            f"{self._page}/incidents/{incident.id}" if self._page else "",
        ]
        return "\n".join(lines).rstrip() + "\n"

    def _id(self, what: list[object]) -> str:
        domain = self._mail.sender.rpartition("@")[2] or "localhost"
        return f"<{digest(what)[:32]}@{domain}>"
