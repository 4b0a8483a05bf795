"""Writes the pages that are made from the code: `make docs`. A test compares them with the files."""

import ast
import inspect
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from fastapi import FastAPI
from pydantic import BaseModel, JsonValue, SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from agent.config import Config
from agent.entrypoints.matrix import needs
from agent.entrypoints.web import add_routes
from agent.graph.build import build_graph
from agent.settings import Settings

FOLDER = Path(__file__).parent


def pages() -> dict[str, str]:
    """File name -> content."""
    return {"configuration.md": configuration(), "graph.md": graph(), "access.md": access()}


def access() -> str:
    """What every route asks of its caller, read off the routes."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    add_routes(app)
    table = ((one.method, one.path, _TAKES.get(one.takes, f"`{one.takes}`")) for one in needs(app.routes))
    rows = "".join(f"| {method} | `{path}` | {takes} |\n" for method, path, takes in table)
    return f"{_ACCESS}\n| method | path | asks for |\n| --- | --- | --- |\n{rows}"


_TAKES = {"session": "session", "open": "nothing"}
_ACCESS = """\
<!-- Made by `make docs` from the routes. Change those. -->

# Who may call what

A key or a token has scopes; each opens the routes that ask for it, `admin` opens all, and `approve:high` what
`approve:low` does. A machine's key opens no route that asks for an approval. A page asks for a session of somebody
who may `read`, and a step taken there for what the same step asks for in the API. Asking for nothing: health, what a
browser needs to sign in, PagerDuty's address, whose key stands in the body, and Slack's, which signs.

A test tries every route of the API with every scope alone, and without a key.

## Limited to teams

`incident-agent keys create eve --scope read --team shop` makes a key for the incidents of one team; `--team` may be
given more than once, and `--team ''` adds the incidents that went to no team. For people who come with a token or
from Slack, `teams: [shop, ""]` below their name in `people` says the same. Without it there is no limit.

Another team's incident does not exist for such a caller: 404 wherever it is named, and it is in no list, search,
memory, journal, event stream, report, chart or answer, whether they come by page, API, MCP or Slack. They decide about
nothing in it, and a vote counts no more when its giver was limited since. What is no one team's is refused with 403:
silences, maintenance windows, `/api/memory`, noise and capacity, `/metrics`, checking the whole journal, letting
actions go on.
Pausing all actions is open to whoever may approve. `admin` is limited alike. What the agent itself found out for an
incident stays part of it, also when it came from a neighbour's telemetry or from what it remembers of a neighbour's
incident; and a card in a Slack channel is seen by whoever is in that channel.

`tests/integration/agent/entrypoints/web/test_teams.py` tries every route and page with the ids of another team.

## Routes
"""


def graph() -> str:
    """The state machine as it is compiled, and what each node answers, in the words of its own module."""
    machine = build_graph()
    picture = machine.get_graph().draw_mermaid(with_styles=False)
    nodes = [name for name in machine.get_graph().nodes if not name.startswith("__")]
    modules = {name: import_module(f"agent.graph.nodes.{name}") for name in nodes}
    says = {name: (inspect.getdoc(module) or "").splitlines()[0] for name, module in modules.items()}
    rows = "".join(f"| [{name}](../agent/graph/nodes/{name}.py) | {text} |\n" for name, text in says.items())
    return f"{_GRAPH}\n```mermaid\n{picture}```\n\n| node | answers |\n| --- | --- |\n{rows}"


_GRAPH = """\
<!-- Made by `make docs` from agent/graph. Change that. -->

# The graph

An investigation as a machine: `agent/graph/build.py`. A dotted line is one way of several, chosen by a pure function
of `agent/graph/routing.py`. `approve` waits for a human. `langgraph.json` opens it in LangGraph Studio.
"""


def configuration() -> str:
    parts = [
        _INTRODUCTION,
        _table(Settings, ("variable", "default", "meaning"), _variable),
        _FILE,
        f"```yaml\n{EXAMPLE}```\n",
        _table(Config, ("key", "type", "default", "meaning"), _key),
    ]
    parts += [f"### {section.__name__}\n\n{_section(section)}" for section in _sections(Config)]
    return "\n".join(parts)


_INTRODUCTION = """\
<!-- Made by `make docs` from agent/settings.py, agent/config.py and agent/domain/rules.py. Change those. -->

# Configuration

Everything comes from environment variables, or from files of the same names in `/run/secrets`, where Docker and
Kubernetes mount secrets; a variable counts before a file. An empty variable is an unset one. A back end that is not
configured disables its tools and nothing else: `incident-agent doctor` says what is on, what is off, and how to turn
it on.

## Environment
"""

_FILE = """
## The file `AGENT_CONFIG` names

YAML; every section may be left out, an unknown key is an error. Durations are ISO 8601 (`PT10M`) or seconds.
"""


EXAMPLE = """\
teams:
  payments:
    services: [checkout, payment-db]
    slack_channel: "#payments-oncall"
    jira_project: PAY
policy:
  autonomy: approve          # ask a human before anything is done
  per_action:
    restart-service: auto    # but this one, when it is low risk and the diagnosis is sure, runs by itself
inhibit:
  - source: {alertname: HostDown}
    target: {severity: high}
    equal: [instance]
budgets:
  cost_usd: 0.25
  time: PT1M
"""


def _variable(name: str, field: FieldInfo, meaning: str) -> tuple[str, ...]:
    return f"`{field.alias or name}`", _default(field), meaning


def _key(name: str, field: FieldInfo, meaning: str) -> tuple[str, ...]:
    return f"`{name}`", _type(field.annotation), _default(field), meaning


def _section(model: type[BaseModel]) -> str:
    says = inspect.cleandoc(model.__doc__ or "")
    return f"{says}\n\n{_table(model, ('key', 'type', 'default', 'meaning'), _key)}".lstrip()


def _table(model: type[BaseModel], head: tuple[str, ...], row: Any) -> str:
    meanings = _docstrings(model)
    rows = [row(name, field, meanings.get(name, "")) for name, field in model.model_fields.items()]
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Field -> the string that stands below it."""
    tree = ast.parse(inspect.getsource(model))
    [definition] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    found = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    default = field.get_default(call_default_factory=True)
    match default:
        case None | "" | () | {}:
            return ""
        case BaseModel() | SecretStr():
            return "see below"
        case timedelta():
            return f"`{TypeAdapter(timedelta).dump_python(default, mode='json')}`"
        case tuple():
            return f"`{list(default)}`".replace("'", "")
    return f"`{default}`"


def _type(annotation: Any) -> str:
    origin, inner = get_origin(annotation), [a for a in get_args(annotation) if a not in (NoneType, Ellipsis)]
    match origin:
        case _ if origin is Literal:
            return ", ".join(f"`{value}`" for value in inner)
        case _ if origin in (Union, UnionType):
            return " or ".join(_type(a) for a in inner)
        case _ if origin is tuple and len(set(inner)) == 1:
            return f"list of {_type(inner[0])}" if len(inner) == 1 else f"pair of {_type(inner[0])}"
        case _ if origin is dict:
            return f"name -> {_type(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{value.value}`" for value in annotation)
    return _NAMES.get(annotation, f"[{annotation.__name__}](#{annotation.__name__.lower()})")


_NAMES = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true`, `false`",
    timedelta: "duration",
    date: "day",
    datetime: "time with zone",
    time: "time of day",
    Path: "path",
    JsonValue: "any value",
}


def _sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every other class the file speaks of, once, in the order it is met."""
    seen: list[type] = []
    _collect(model, seen)
    yield from (found for found in seen if found is not model)


def _collect(annotation: Any, seen: list[type]) -> None:
    for inner in get_args(annotation):
        _collect(inner, seen)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.append(annotation)
        for field in annotation.model_fields.values():
            _collect(field.annotation, seen)


def main() -> None:
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
