"""How is a mail handed to the server that sends it?  Over TLS, within a deadline, and with what came of it known.

A mail carries the same Message-ID however often it is sent: whoever reads it sees a repeat as the same mail.
"""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Literal

from tools.base import ActResult, BackendError
from tools.clients.http import quoted
from tools.clients.threads import Threads

DEADLINE = timedelta(seconds=20)


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    sender: str
    """The address mail comes from."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


class Mailer:
    def __init__(
        self, server: MailServer, *, deadline: timedelta = DEADLINE, trust: ssl.SSLContext | None = None
    ) -> None:
        """`trust`: the authorities whose servers are believed; the machine's own when None."""
        if server.security == "none" and server.password:
            raise BackendError("A password is never sent in the open: set SMTP_SECURITY to starttls or tls.")
        self._server = server
        self._deadline = deadline
        self._trust = trust
        self._threads = Threads(limit=2)

    @property
    def sender(self) -> str:
        return self._server.sender

    async def send(self, message: EmailMessage, to: Sequence[str]) -> ActResult:
        """What the server said. BackendError when it did not take it; `retry` unless it refused it for good."""
        try:
            return await self._threads.run(lambda: self._send(message, to), self._deadline)
        except TimeoutError as error:
            seconds = self._deadline.total_seconds()
            raise BackendError(f"{self._named}: no answer within {seconds:g} s.", retry=True) from error

    @property
    def _named(self) -> str:
        return f"mail server {self._server.host}:{self._server.port}"

    def _send(self, message: EmailMessage, to: Sequence[str]) -> ActResult:
        try:
            connection = self._connected()
        except (smtplib.SMTPException, OSError) as error:
            raise BackendError(f"{self._named}: {quoted(_said(error))}.", retry=True) from error
        try:
            refused = connection.send_message(message, self._server.sender, list(to))
        except (smtplib.SMTPException, OSError) as error:
            raise BackendError(f"{self._named}: {quoted(_said(error))}.", retry=not _for_good(error)) from error
        finally:
            with suppress(smtplib.SMTPException, OSError):
                connection.close()
        but = f", but not for {', '.join(sorted(refused))}" if refused else ""
        return ActResult(ok=True, detail=f"The {self._named} took it{but}.")

    def _connected(self) -> smtplib.SMTP:
        server, seconds = self._server, self._deadline.total_seconds()
        context = self._trust or ssl.create_default_context()
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=seconds)
        try:
            if server.security == "starttls":
                # Raises when the server offers none: whoever stripped it from the offer gets no mail.
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


def _said(error: Exception) -> str:
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            return "; ".join(f"{who}: {code} {_text(said)}" for who, (code, said) in sorted(refused.items()))
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
            return f"{code} {_text(said)}"
    return str(error) or type(error).__name__


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def _for_good(error: Exception) -> bool:
    """5xx, of every recipient (RFC 5321, 4.2.1): it will not be taken later either."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            return all(code >= 500 for code, _ in refused.values())
        case smtplib.SMTPResponseException(smtp_code=code):
            return code >= 500
    return False
