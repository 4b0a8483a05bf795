import json
from importlib import import_module
from pathlib import Path

from langgraph.graph.state import CompiledStateGraph

from agent.graph.build import build_graph

ROOT = Path(__file__).parents[4]


def test_studio_opens_the_machine_that_the_worker_runs() -> None:
    [(name, graph)] = json.loads((ROOT / "langgraph.json").read_text())["graphs"].items()
    file, _, function = graph["path"].partition(":")
    opened = getattr(import_module(file.removeprefix("./").removesuffix(".py").replace("/", ".")), function)()
    assert (name, isinstance(opened, CompiledStateGraph)) == ("incident", True)
    assert opened.get_graph().to_json() == build_graph().get_graph().to_json()


def test_each_node_is_called_like_the_module_that_holds_it() -> None:
    nodes = {name for name in build_graph().get_graph().nodes if not name.startswith("__")}
    modules = {path.stem for path in (ROOT / "agent/graph/nodes").glob("[a-z]*.py")}
    assert nodes == modules
