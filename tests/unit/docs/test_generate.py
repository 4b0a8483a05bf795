import re

import pytest
import yaml

from agent.config import Config
from docs.generate import EXAMPLE, FOLDER, pages


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_page_is_what_the_code_says_now(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "`make docs` writes it again"


def test_every_setting_says_what_it_means() -> None:
    rows = [line for line in pages()["configuration.md"].splitlines() if line.startswith("| `")]
    assert [row for row in rows if re.search(r"\|\s*\|$", row)] == []


def test_the_example_is_a_configuration_that_works() -> None:
    read = Config.model_validate(yaml.safe_load(EXAMPLE))
    assert (read.policy.autonomy, list(read.teams), read.budgets.time.total_seconds()) == ("approve", ["payments"], 60)
