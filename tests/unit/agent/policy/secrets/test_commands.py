"""Passwords behind options."""

import pytest

from agent.policy.secrets.commands import command_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        *(
            "mysql -u app -p'Kx9!mmQ2' shop",
            "sshpass -p Kx9!mmQ2 ssh a@b",
            "ldapsearch -D cn=a -w 'Kx9!mmQ2' '(uid=a)'",
        ),
        *(
            "redis-cli -h cache -a Kx9!mmQ2 ping",
            "sqlcmd -S db -U sa -P 'Kx9!mmQ2' -Q x",
            "curl -u admin:Kx9!mmQ2 https://x",
        ),
        *("smbclient //x/y -U bob%Kx9!mmQ2", "docker login -u a -p 'Kx9!mmQ2' reg", "snmpwalk -v2c -c Kx9!mmQ2 host"),
        *("openssl rsa -in k.pem -passin pass:Kx9!mmQ2", "7z x -pKx9!mmQ2 x.7z"),
    ],
)
def test_each_program_has_its_own_option(text: str) -> None:
    assert said(command_secrets, text) == ["Kx9!mmQ2"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "mysql -u root -p < dump.sql",
            "ssh -p 2222 root@host",
            "docker run -p 8080:80 nginx",
            "curl -u admin https://x",
        ),
        *("redis-cli -p 6379 -a $REDIS_PASSWORD ping", "curl -u $USER:$PASS https://x", "psql -p 5432 -d shop"),
    ],
)
def test_ports_and_variables_stay(text: str) -> None:
    assert said(command_secrets, text) == []
