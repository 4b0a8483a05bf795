"""What of a HolmesGPT tool set can be used here?  Addresses become settings, commands proposals to review, or neither.

Nothing is executed, fetched or resolved, and no secret is copied. https://holmesgpt.dev/data-sources/custom-toolsets/
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent.catalogue.read import load
from agent.domain.errors import Refused
from tools.invisible import written_out

_ADDRESSES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "prometheus/": (("prometheus_url",), "PROMETHEUS_URL"),
    "grafana/loki": (("url", "loki_url"), "LOKI_URL"),
    "loki/": (("url", "loki_url"), "LOKI_URL"),
    "elasticsearch/": (("url", "elasticsearch_url"), "ELASTICSEARCH_URL"),
    "opensearch/": (("opensearch_url", "url"), "ELASTICSEARCH_URL"),
}
"""Beginning of a tool set's name -> keys of its `config` that hold the address, and our variable."""
_BY_HAND: Mapping[str, str] = {
    "kubernetes/": "set KUBECONFIG: pods, events and rollouts are read with our own tools",
    "datadog/": "set DD_API_KEY, DD_APP_KEY and DD_SITE yourself: no secret is copied",
    "bash": "there is no shell here, with or without a list of allowed commands",
}
_SHELL = re.compile(r"[|&;<>`\n\\*?~]|\$|\{%")
"""What only a shell, or a template with logic in it, makes something of."""
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}")
_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Draft:
    """A command as an action that nobody has judged yet."""

    name: str
    program: str
    arguments: tuple[str, ...]
    """`{name}` stands for an argument."""
    says: str

    @property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for one in self.arguments for name in re.findall(r"\{([a-z0-9_]+)\}", one)))


@dataclass(frozen=True)
class Left:
    """What was not mapped, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Mapped:
    settings: tuple[tuple[str, str], ...]
    """Environment variable and value."""
    servers: tuple[tuple[str, str], ...]
    """Name and address of MCP servers: their tools are for a person to list."""
    drafts: tuple[Draft, ...]
    left: tuple[Left, ...]


def read_toolsets(file: Path) -> Mapped:
    """Refused when it is no YAML, or names no tool set."""
    try:
        loaded = load(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = getattr(error, "strerror", None) or " ".join(str(error).split())[:300]
        raise Refused(f"{file} cannot be read: {said}.") from error
    sets = loaded.get("toolsets") if isinstance(loaded, dict) else None
    servers = loaded.get("mcp_servers") if isinstance(loaded, dict) else None
    if not isinstance(sets, dict | None) or not isinstance(servers, dict | None) or not (sets or servers):
        raise Refused(f"{file} has neither `toolsets` nor `mcp_servers`, as HolmesGPT's files do.")
    found: list[Found] = [one for name, body in (sets or {}).items() for one in _set(str(name), body)]
    found += [_server(str(name), body) for name, body in (servers or {}).items()]
    return Mapped(
        settings=tuple((one.variable, one.value) for one in found if isinstance(one, Setting)),
        servers=tuple((one.name, one.url) for one in found if isinstance(one, Server)),
        drafts=tuple(one for one in found if isinstance(one, Draft)),
        left=tuple(one for one in found if isinstance(one, Left)),
    )


@dataclass(frozen=True)
class Setting:
    variable: str
    value: str


@dataclass(frozen=True)
class Server:
    name: str
    url: str


Found = Setting | Server | Draft | Left


def written(draft: Draft) -> tuple[str, str]:
    """(SKILL.md, action.yaml) of a draft. The second lacks what only people can say, and is refused until they do."""
    skill = (
        f"---\nname: {draft.name}\n"
        f"description: {yaml.safe_dump(draft.says, width=1000, default_style=chr(34)).strip()}\n---\n\n"
        f"# {draft.name}\n\nImported from a tool set and not reviewed. Say when it helps, and what to look at before.\n"
    )
    action = {
        "title": f"Run {draft.name}",
        "faults": [],
        "arguments": {name: {"pattern": "[A-Za-z0-9][A-Za-z0-9_.-]{0,62}"} for name in draft.placeholders},
        "risk": "high",
        "reversible": False,
        "blast_radius": "not judged yet",
        "do": {"executor": "command", "call": {"command": draft.name, "arguments": list(draft.arguments)}},
    }
    head = (
        "# A proposal. Fill in faults, blast_radius and success, name the program under `commands` by its absolute\n"
        f"# path ({written_out(draft.program)}), and call this file action.yaml when somebody has reviewed it.\n"
    )
    return skill, head + yaml.safe_dump(action, sort_keys=False, width=110)


def _set(name: str, body: Any) -> Iterator[Found]:
    if not isinstance(body, dict):
        yield Left(_shown(name), "it is not a mapping")
        return
    if body.get("enabled") is False:
        yield Left(_shown(name), "it is switched off there")
        return
    for beginning, why in _BY_HAND.items():
        if name.startswith(beginning):
            yield Left(_shown(name), why)
            return
    tools = body.get("tools")
    if isinstance(tools, list) and tools:
        for tool in tools:
            yield _tool(name, tool)
        return
    yield _address(name, body.get("config"))


def _address(name: str, config: Any) -> Found:
    known = next((where for beginning, where in _ADDRESSES.items() if name.startswith(beginning)), ((), ""))
    keys, variable = known
    given = config if isinstance(config, dict) else {}
    if keys and given.get("grafana_datasource_uid"):
        return Left(_shown(name), f"it goes through Grafana; set {variable} to the back end's own address")
    value = next((given[key] for key in keys if isinstance(given.get(key), str)), "")
    if not variable:
        return Left(_shown(name), "we have no tools for it; an MCP server for it can be named under `mcp`")
    if not re.fullmatch(r"https?://[^\s@{}]+", value):
        return Left(_shown(name), f"it has no plain address; set {variable} yourself")
    return Setting(variable, written_out(value))


def _tool(toolset: str, tool: Any) -> Found:
    name = _shown(f"{toolset}: {tool.get('name', '') if isinstance(tool, dict) else tool}")
    if not isinstance(tool, dict) or not isinstance(tool.get("command"), str):
        return Left(name, "it is a script for a shell, or no command at all")
    command = tool["command"].strip()
    if _SHELL.search(command):
        return Left(name, "it needs a shell or logic in its template: " + written_out(command)[:120])
    try:
        words = shlex.split(_VARIABLE.sub(lambda found: "{" + found[1].lower() + "}", command))
    except ValueError as error:
        return Left(name, f"its command cannot be taken apart: {error}")
    slug = _NAME.sub("-", str(tool.get("name", "")).casefold()).strip("-")[:64].strip("-")
    if not words or not slug or "{" in words[0] or any("{{" in word for word in words):
        return Left(name, "its program or its name is not fixed")
    said = " ".join(written_out(str(tool.get("description", ""))).split())[:500]
    return Draft(slug, words[0], tuple(words[1:]), said or f"Runs {words[0]}.")


def _server(name: str, body: Any) -> Found:
    config = body.get("config", body) if isinstance(body, dict) else {}
    url = config.get("url", "") if isinstance(config, dict) else ""
    if not isinstance(url, str) or not re.fullmatch(r"https?://[^\s@{}]+", url):
        return Left(_shown(f"MCP server {name}"), "it has no plain address")
    if str(config.get("mode", "")).casefold() == "sse" or url.rstrip("/").endswith("/sse"):
        return Left(_shown(f"MCP server {name}"), "it speaks the older SSE transport; give its streamable HTTP address")
    slug = _NAME.sub("-", name.casefold()).strip("-")[:24].strip("-")
    return (
        Server(slug, written_out(url)) if slug[:1].isalpha() else Left(_shown(f"MCP server {name}"), "it has no name")
    )


def _shown(name: str) -> str:
    return written_out(name)[:120]
