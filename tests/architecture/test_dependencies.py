"""Is every library that is imported one that pyproject.toml asks for, and is every lock what it should be?"""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from tests.architecture.sources import PACKAGES, ROOT, sources

OWN = {*PACKAGES, "docs", "tests"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("folder", ["agent", "tools", "prompts", "evals"])
def test_every_imported_library_is_asked_for(folder: str) -> None:
    asked = _named(PROJECT["project"]["dependencies"]) | _named(PROJECT["project"]["optional-dependencies"]["postgres"])
    providers = packages_distributions()
    missing = {
        (source.path, name)
        for source in sources(folder)
        for name in _imported(source.tree)
        if name not in sys.stdlib_module_names | OWN
        and not {_normal(one) for one in providers.get(name, [])} & (asked | _come_with(asked))
    }
    assert sorted(missing) == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-check.lock"])
def test_a_lock_pins_and_hashes_everything_and_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert re.findall(r"https?://|--index|--find-links|file:", text) == []


def test_the_locks_hold_what_the_project_asks_for_now() -> None:
    asked = {
        "requirements.lock": [
            *PROJECT["project"]["dependencies"],
            *PROJECT["project"]["optional-dependencies"]["postgres"],
            *PROJECT["dependency-groups"]["build"],
        ],
        "requirements-dev.lock": PROJECT["dependency-groups"]["dev"],
        "requirements-check.lock": PROJECT["dependency-groups"]["check"],
    }
    held = {lock: _named(re.findall(r"^[\w.-]+(?===)", (ROOT / lock).read_text(), re.MULTILINE)) for lock in asked}
    assert {lock: sorted(_named(asked[lock]) - held[lock]) for lock in asked} == {lock: [] for lock in asked}


def test_what_the_tests_use_contains_what_production_runs_on() -> None:
    def pinned(lock: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE))

    assert sorted(pinned("requirements.lock") - pinned("requirements-dev.lock")) == []


def _imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.name.split(".")[0] for alias in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.split(".")[0])
    return found


def _named(requirements: list[str]) -> set[str]:
    return {_normal(re.split(r"[\[<>=!~; ]", one)[0]) for one in requirements}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _come_with(asked: set[str]) -> set[str]:
    """Parts of a library that is asked for and that it hands out in its own interface."""
    handed_out = {
        "chromadb": {"httpx"},
        "fastapi": {"starlette"},
        "jira": {"requests"},
        "kubernetes": {"urllib3"},
        "langchain-openai": {"openai"},
        "langgraph-checkpoint-sqlite": {"aiosqlite"},
        "psycopg": {"psycopg-pool"},
    }
    return {part for name in asked for part in handed_out.get(name, ())}
