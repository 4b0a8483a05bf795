"""Passwords by the place where they stand."""

import pytest

from agent.policy.secrets.placed import placed_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        *("echo 'Kx9!mmQ2' | sudo -S reboot", "echo 'bob:Kx9!mmQ2' | chpasswd", "htpasswd -b /etc/f bob 'Kx9!mmQ2'"),
        *("gh secret set NAME --body 'Kx9!mmQ2' --repo a/b", "etcdctl put /config/db/password 'Kx9!mmQ2'"),
        *(
            "SELECT pgp_sym_decrypt(card, 'Kx9!mmQ2') FROM t",
            "#0 db.php(5): PDO->__construct('mysql:x', 'app', 'Kx9!mmQ2')",
        ),
        *("db:6379> AUTH Kx9!mmQ2\nOK", "nmcli dev wifi connect guest password Kx9!mmQ2\ndone"),
        *("CREATE USER a IDENTIFIED BY 'Kx9!mmQ2'", "ALTER LOGIN sa WITH PASSWORD = N'Kx9!mmQ2', CHECK_POLICY = OFF"),
        *(
            "INSERT INTO users (id, password) VALUES (7, 'Kx9!mmQ2')",
            "net user bob Kx9!mmQ2 /add",
            "USER root\nPASS Kx9!mmQ2",
        ),
        *(
            '1.2 [0 1.2.3.4:5] "AUTH" "app" "Kx9!mmQ2"',
            "snmp-server community Kx9!mmQ2 RO",
            "db:5432:shop:app:Kx9!mmQ2",
        ),
        *(
            "UPDATE settings SET value = 'Kx9!mmQ2' WHERE name = 'db_password'",
            "requests.get(u, auth=('bob', 'Kx9!mmQ2'))",
        ),
        *(
            "machine git.shop login bob password Kx9!mmQ2",
            "login attempt [root/Kx9!mmQ2] failed",
            "echo 'bob:Kx9!mmQ2' | chpasswd",
            "user app on >Kx9!mmQ2 ~*",
        ),
    ],
)
def test_protocols_statements_and_configurations_are_read(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


@pytest.mark.parametrize(
    "text",
    [
        *("INSERT INTO users (id, password) VALUES (?, ?)", "ALTER ROLE app PASSWORD NULL", "echo $TOKEN | sudo -S ls"),
        *(
            "UPDATE settings SET value = 'eu-west-1' WHERE name = 'region'",
            "pam_unix(sudo:auth): auth could not identify",
        ),
    ],
)
def test_statements_without_a_secret_stay(text: str) -> None:
    assert said(placed_secrets, text) == []
