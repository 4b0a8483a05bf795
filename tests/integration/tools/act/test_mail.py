"""Is a mail handed over encrypted or not at all, and is what came of it known?"""

from datetime import timedelta
from email.message import EmailMessage

import pytest

from tests.farends.answers import PATIENT
from tests.farends.smtp import PASSWORD, USER, SmtpFarEnd
from tools.act.mail import Mailer, MailServer
from tools.base import BackendError


def _mailer(far_end: SmtpFarEnd, deadline: timedelta = PATIENT, **changed: object) -> Mailer:
    given = {"host": "127.0.0.1", "port": far_end.port, "sender": "agent@example.org", **changed}
    return Mailer(MailServer(**given), deadline=deadline, trust=far_end.trust)  # type: ignore[arg-type]  # as given


def _message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "agent@example.org", "shop@example.org", "Errors"
    message["Message-ID"] = "<1@example.org>"
    message.set_content("It fails.\n.\nStill.\n")
    return message


async def test_a_mail_is_taken_over_tls_with_the_password() -> None:
    with SmtpFarEnd() as far_end:
        done = await _mailer(far_end, user=USER, password=PASSWORD).send(_message(), ["shop@example.org"])
        [taken] = far_end.taken
        assert (done.ok, taken.encrypted, taken.user, taken.to) == (True, True, USER, ("shop@example.org",))
        assert taken.message.get_content().splitlines() == ["It fails.", ".", "Still."]


async def test_where_starttls_is_not_offered_nothing_is_sent() -> None:
    with SmtpFarEnd(starttls=False) as far_end:
        with pytest.raises(BackendError, match="STARTTLS") as raised:
            await _mailer(far_end).send(_message(), ["shop@example.org"])
        assert (raised.value.retry, far_end.taken) == (True, [])
        await _mailer(far_end, security="none").send(_message(), ["shop@example.org"])
        assert [taken.encrypted for taken in far_end.taken] == [False]


async def test_a_server_with_a_certificate_of_nobody_we_trust_gets_nothing() -> None:
    with SmtpFarEnd() as far_end, SmtpFarEnd() as other:
        mailer = Mailer(MailServer("127.0.0.1", far_end.port, "agent@example.org"), trust=other.trust)
        with pytest.raises(BackendError, match="certificate"):
            await mailer.send(_message(), ["shop@example.org"])
        assert far_end.taken == []


def test_a_password_is_never_sent_in_the_open() -> None:
    server = MailServer("127.0.0.1", 25, "agent@example.org", security="none", user=USER, password=PASSWORD)
    with pytest.raises(BackendError, match="never sent in the open"):
        Mailer(server)


@pytest.mark.parametrize(
    ("refused", "again"),
    [("450 4.2.1 busy", True), ("452 4.5.3 full", True), ("554 5.7.1 spam", False), ("cut", True)],
)
async def test_what_may_pass_is_told_from_what_is_refused_for_good(refused: str, again: bool) -> None:
    with SmtpFarEnd(refused=[refused]) as far_end:
        with pytest.raises(BackendError) as raised:
            await _mailer(far_end).send(_message(), ["shop@example.org"])
        assert raised.value.retry is again


async def test_of_several_recipients_the_known_ones_get_it() -> None:
    with SmtpFarEnd(no_such={"gone@example.org"}) as far_end:
        done = await _mailer(far_end).send(_message(), ["gone@example.org", "shop@example.org"])
        assert "but not for gone@example.org" in done.detail
        with pytest.raises(BackendError, match="no such mailbox") as raised:
            await _mailer(far_end).send(_message(), ["gone@example.org"])
        assert raised.value.retry is False


async def test_a_server_that_does_not_answer_is_left_at_the_deadline() -> None:
    with SmtpFarEnd(refused=["late"]) as far_end:
        with pytest.raises(BackendError) as raised:
            await _mailer(far_end, timedelta(seconds=0.5)).send(_message(), ["shop@example.org"])
        assert raised.value.retry is True


async def test_a_server_that_is_down_is_tried_again() -> None:
    with SmtpFarEnd() as far_end:
        port, trust = far_end.port, far_end.trust
    with pytest.raises(BackendError) as raised:
        await Mailer(MailServer("127.0.0.1", port, "a@example.org"), trust=trust).send(_message(), ["b@example.org"])
    assert raised.value.retry is True
