"""Passwords among the arguments of calls."""

import pytest

from agent.policy.secrets.placed import placed_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        "#0 db.php(5): PDO->__construct('mysql:x', 'app', 'Kx9!mmQ2')",
        "#1 /srv/l.php(4): ldap_bind(Object(LDAP\\Connection), 'cn=admin,dc=x', 'Kx9!mmQ2')",
        "#1 /srv/l.php(4): ssh2_auth_password(Resource id #5, 'app', 'Kx9!mmQ2')",
        "#3 Client.php(166): Predis\\Client->__call('auth', Array('Kx9!mmQ2'))",
        "command: { name: 'auth', args: [ 'default', 'Kx9!mmQ2' ] }",
        "#1 M.php(4): SMTP->authenticate('bob@shop.example', 'Kx9!mmQ2', 'LOGIN', NULL)",
        'client.connect("a", 22, "bob", "Kx9!mmQ2")',
        'smtp.PlainAuth("", "bob", "Kx9!mmQ2", "a")',
        "hash_hmac('sha256', 'data', 'Kx9!mmQ2')",
        "jwt.sign(payload, 'Kx9!mmQ2')",
        'r.auth("Kx9!mmQ2")',
        "requests.get(u, auth=('bob', 'Kx9!mmQ2'))",
    ],
)
def test_a_call_that_logs_in_is_given_a_password_last(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


@pytest.mark.parametrize(
    "text",
    [
        "urls = ['auth', 'orders', 'carts']",
        "login($user, $password)",
        "bind('click', 'save')",
        "auth('admin', 'editor')",
    ],
)
def test_calls_of_another_kind_stay(text: str) -> None:
    assert said(placed_secrets, text) == []
