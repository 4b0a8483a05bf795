"""What consoles and debuggers print for a name."""

import pytest

from agent.policy.secrets.placed import placed_secrets
from tests.unit.agent.policy.secrets.told import said


@pytest.mark.parametrize(
    "text",
    [
        '(gdb) p cfg->password\n$1 = 0x55d1 "Kx9!mmQ2"',
        "(Pdb) p password\n'Kx9!mmQ2'",
        ">>> os.environ['DB_PASSWORD']\n'Kx9!mmQ2'",
        "irb> ENV['DB_PASSWORD']\n=> \"Kx9!mmQ2\"",
    ],
)
def test_a_value_printed_for_the_name_of_a_secret_is_found(text: str) -> None:
    assert set(said(placed_secrets, text)) == {"Kx9!mmQ2"}


@pytest.mark.parametrize("name", ["secrets.DB_PASSWORD", "env.API_TOKEN"])
def test_what_a_runner_evaluated_is_found_in_every_line_that_says_it(name: str) -> None:
    bare = name.partition(".")[2]
    text = (
        f"##[debug]Evaluating: {name}\n##[debug]Evaluating Index:\n##[debug]..=> '{bare}'\n"
        "##[debug]=> 'Kx9mmQ2w7'\n##[debug]Result: 'Kx9mmQ2w7'"
    )
    assert said(placed_secrets, text) == ["Kx9mmQ2w7"] * 2
    assert said(placed_secrets, text.replace(bare, "NODE_VERSION")) == []


@pytest.mark.parametrize("text", [">>> os.environ['HOME']\n'/home/bob2'", ">>> type(token)\n<class 'str'>"])
def test_what_is_printed_for_other_names_stays(text: str) -> None:
    assert said(placed_secrets, text) == []
