"""Which cookies let one in."""

from agent.policy.secrets.cookies import cookies
from tests.unit.agent.policy.secrets.told import said


def test_the_session_goes_and_the_language_stays() -> None:
    assert said(cookies, "Cookie: theme=dark; sid=kX8vQ2mN7tR4wZ1p; _ga=GA1.2.1234567890.1234567890; lang=en") == [
        "kX8vQ2mN7tR4wZ1p"
    ]
    assert said(cookies, "Set-Cookie: app.session=kX8vQ2mN7tR4wZ1p; Path=/; HttpOnly") == ["kX8vQ2mN7tR4wZ1p"]
    assert said(cookies, "Cookie: consent=accepted; locale=en_GB") == []
