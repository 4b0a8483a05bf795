"""Are the maps in agent/__init__.py and tools/__init__.py the folders as they are?"""

import re
from types import ModuleType

import pytest

import agent
import tools
from tests.architecture.sources import ROOT


@pytest.mark.parametrize("package", [agent, tools])
def test_the_map_names_everything_in_the_folder_and_nothing_else(package: ModuleType) -> None:
    mapped = re.findall(r"^    (\w+)  ", package.__doc__ or "", re.MULTILINE)
    folder = [
        entry.stem
        for entry in (ROOT / package.__name__).iterdir()
        if (entry.suffix == ".py" and entry.name != "__init__.py") or (entry / "__init__.py").exists()
    ]
    assert sorted(mapped) == sorted(folder)


def test_the_map_names_the_nodes_of_the_graph_as_they_are_called() -> None:
    nodes = {path.stem for path in (ROOT / "agent/graph/nodes").glob("[a-z]*.py")}
    graph = re.search(r"^    graph  .*?(?=^    \w)", agent.__doc__ or "", re.MULTILINE | re.DOTALL)
    assert graph is not None
    assert nodes - set(re.findall(r"\w+", graph.group())) == set()


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base_classes"}
    assert [str(path) for path in ROOT.glob("[aetp]*/**/*.py") if path.stem in empty] == []
