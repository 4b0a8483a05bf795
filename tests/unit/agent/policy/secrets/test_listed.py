"""Arguments of a command that is written as a list."""

import pytest

from agent.policy.secrets.listed import listed_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        'type=EXECVE msg=audit(1.2:3): argc=5 a0="sshpass" a1="-p" a2="Kx9!mmQ2" a3="ssh" a4="bob@192.0.2.7"',
        'command: ["redis-cli", "-a", "Kx9!mmQ2", "ping"]',
        "subprocess.run(['mysqldump', '-pKx9!mmQ2', 'shop'])",
        '{"Args":["curl","-u","bob:Kx9!mmQ2","https://shop.example"]}',
    ],
)
def test_a_list_is_read_as_the_command_that_it_is(text: str) -> None:
    assert said(listed_secrets, text) == ["Kx9!mmQ2"]


@pytest.mark.parametrize(
    "text",
    ['a0="ls" a1="-p" a2="/srv/shop"', '["docker","run","-p","8080:80","shop"]', '["-p", "8080"]', "a0= a1= a2="],
)
def test_other_arguments_stay(text: str) -> None:
    assert said(listed_secrets, text) == []
