"""What does a mail server say? RFC 5321 with STARTTLS and AUTH PLAIN, as strict as real ones are, on loopback.

It keeps what it took, as it was sent; told so, it refuses, takes its time, or cuts the line after it took a mail.
"""

import base64
import datetime
import socketserver
import ssl
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Self

USER, PASSWORD = "agent", "mail-password-for-tests"


@dataclass(frozen=True)
class Taken:
    sender: str
    to: tuple[str, ...]
    message: EmailMessage
    encrypted: bool
    user: str


@dataclass
class SmtpFarEnd:
    """A mail server on a free port, from `with` to the end of it."""

    starttls: bool = True
    """It offers STARTTLS."""
    taken: list[Taken] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Answers to the next mails, at their end: `450 4.2.1 busy`; `cut` takes one and cuts, `slow` and `late` wait."""
    no_such: set[str] = field(default_factory=set)
    """Recipients it knows no mailbox of."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="smtp-")
        self.authority, self.context = _certified(Path(self._folder.name))
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Line", (_Line,), {"far_end": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def trust(self) -> ssl.SSLContext:
        """Believes this server, and checks its name."""
        return ssl.create_default_context(cadata=self.authority)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False


class _Line(socketserver.StreamRequestHandler):
    far_end: SmtpFarEnd
    timeout = 10

    def handle(self) -> None:
        self._encrypted, self._user = False, ""
        self._forget()
        self._say("220 mail.test ESMTP")
        try:
            while line := self.rfile.readline(2_000):
                if not self._answer(line.decode("utf-8", "replace").rstrip("\r\n")):
                    return
        except OSError:
            return

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.connection.close()

    def _answer(self, line: str) -> bool:
        command, _, rest = line.partition(" ")
        match command.upper():
            case "EHLO":
                self._greet()
            case "STARTTLS" if self.far_end.starttls and not self._encrypted:
                return self._encrypt()
            case "AUTH":
                self._log_in(rest)
            case "MAIL":
                self._sender = _address(rest)
                self._say("250 2.1.0 ok")
            case "RCPT":
                self._rcpt(_address(rest))
            case "DATA" if self._to:
                return self._data()
            case "RSET":
                self._forget()
                self._say("250 2.0.0 ok")
            case "QUIT":
                self._say("221 2.0.0 bye")
                return False
            case _:
                self._say("503 5.5.1 not now")
        return True

    def _greet(self) -> None:
        offers = ["mail.test", "SIZE 1000000", "8BITMIME"]
        offers += ["AUTH PLAIN"] if self._encrypted else ["STARTTLS"] * self.far_end.starttls
        for offer in offers[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {offers[-1]}")

    def _encrypt(self) -> bool:
        self._say("220 2.0.0 go on")
        try:
            self.connection = self.far_end.context.wrap_socket(self.connection, server_side=True)
        except ssl.SSLError:
            return False
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self._encrypted = True
        return True

    def _log_in(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.removeprefix("PLAIN ")).decode().split("\0")
        if (user, password) == (USER, PASSWORD) and self._encrypted:
            self._user = user
            self._say("235 2.7.0 welcome")
        else:
            self._say("535 5.7.8 no")

    def _rcpt(self, who: str) -> None:
        if who in self.far_end.no_such:
            self._say("550 5.1.1 no such mailbox")
            return
        self._to.append(who)
        self._say("250 2.1.5 ok")

    def _data(self) -> bool:
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b"..") else line)
        answer = self.far_end.refused.pop(0) if self.far_end.refused else ""
        if answer in {"", "slow", "cut", "late"}:
            message = message_from_bytes(b"".join(lines), policy=default)
            taken = Taken(self._sender, tuple(self._to), message, self._encrypted, self._user)
            self.far_end.taken.append(taken)
        if answer in {"slow", "late"}:
            self.far_end.closing.wait(0.5 if answer == "slow" else 5)
        if answer in {"cut", "late"}:
            return False
        self._forget()
        self._say("250 2.0.0 taken" if answer in {"", "slow"} else answer)
        return True

    def _forget(self) -> None:
        self._sender, self._to = "", list[str]()

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


def _certified(folder: Path) -> tuple[str, ssl.SSLContext]:
    """(an authority's certificate, what a server that it certified needs); for 127.0.0.1 and localhost."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + written)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return written.decode(), context
