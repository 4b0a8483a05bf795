"""Can what the pages tell people to type be typed, and does what they point at exist?"""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from agent.entrypoints.cli.commands import app
from tests.architecture.sources import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("runbooks/**/*.md")])
TYPED_ELSEWHERE = ["docker-compose.yml", "deploy/monitoring/rules.yml", "deploy/monitoring/prometheus.yml"]


@pytest.fixture(scope="module")
def root() -> Any:
    """The command line as the parser of arguments sees it."""
    return typer.main.get_command(app)


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES] + TYPED_ELSEWHERE)
def test_every_command_a_page_names_exists_with_its_options(page: str, root: Any) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    typed = re.findall(r"(?:incident-agent|python -m agent) ([a-z][^`\n#|]*)", _code(page, text))
    assert [line for line in typed if not _exists(root, line)] == []


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES])
def test_every_make_target_a_page_names_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", _code(page, (ROOT / page).read_text(encoding="utf-8"))))
    assert sorted(named - targets) == []


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_into_the_project_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not ((ROOT / page).parent / link).exists()] == []


def test_every_target_of_make_that_people_use_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [declared] = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    described = re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE)
    assert sorted(described) == sorted(declared.split())


def _code(page: str, text: str) -> str:
    """What stands in code spans and blocks of a Markdown page; other files whole."""
    if not page.endswith(".md"):
        return text
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


def _exists(root: Any, line: str) -> bool:
    """Walk down the groups, then look for each option; arguments may be anything."""
    words = shlex.split(line.strip().rstrip('".,'), comments=True)
    command = root
    while words and hasattr(command, "commands"):
        command = command.commands.get(words.pop(0))
        if command is None:
            return False
    known = set(_options(command)) | {"--help", "-h"}
    return all(word.partition("=")[0] in known for word in words if word.startswith("-"))


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
