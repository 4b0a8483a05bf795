"""Does any code or prompt know a case, or a component of the system that a case was recorded on, by name?"""

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import ROOT, sources

RECORDED = ROOT / "evals" / "cases"
MORE = "INCIDENT_AGENT_CASES"
"""Other folders of cases whose names are looked for, too, joined as PATH is."""
REASONING = ("agent/analysis", "agent/graph", "agent/policy", "agent/correlate", "agent/memory", "agent/llm", "tools")
"""What could be tuned to a case. The lab and the demo, which are such a system, know their own names."""


def test_no_case_and_no_component_of_one_is_named_in_code_or_prompts() -> None:
    names = re.compile(r"(?<![\w-])(" + "|".join(sorted(map(re.escape, _names()))) + r")(?![\w-])", re.IGNORECASE)
    assert [f"{place}: {found[0]}" for place, text in _texts() if (found := names.search(text))] == []


def test_the_names_of_the_recorded_cases_are_among_those_looked_for() -> None:
    assert {"inventory", "payment", "crash-cart"} <= _names()


def _names() -> set[str]:
    roots = [RECORDED, *(Path(one) for one in os.environ.get(MORE, "").split(os.pathsep) if one)]
    return {name for root in roots for name in _names_below(root)}


def _names_below(root: Path) -> Iterator[str]:
    """Folders of cases that are more than a number, and the nodes of every topology, but for words of the trade."""
    yield from (path.parent.name for path in root.rglob("alert.json") if not path.parent.name.isdigit())
    for path in root.rglob("topology.json"):
        nodes = json.loads(path.read_text("utf-8"))["nodes"]
        told = {str(node["id"] if isinstance(node, dict) else node) for node in nodes}
        yield from told - _TRADE


_TRADE = {"store", "frontend", "checkout", "catalogue"}
"""Also a verb, a tier, what git does and where actions stand: their use says nothing of a case."""


def _texts() -> Iterator[tuple[str, str]]:
    """Every string of the reasoning code that is not a docstring, and every prompt."""
    for source in sources(*REASONING):
        said = {id(one.value) for one in ast.walk(source.tree) if isinstance(one, ast.Expr)}
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield f"{source.path}:{node.lineno}", node.value
    for path in sorted((ROOT / "prompts").rglob("*.md")):
        yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
