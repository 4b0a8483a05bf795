"""How does an assistant on this machine reach the running agent?  Its lines go to /mcp, the answers come back as lines.

Nothing is decided here: the running agent sees the key and knows what its holder may do.
"""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from agent.domain.errors import AgentError

if TYPE_CHECKING:
    from agent.entrypoints.cli.client import Client

LONGEST = 64 * 1024
"""Characters of one message; the agent takes no longer one."""
_PARSE, _REFUSED = -32700, -32000
"""Codes of JSON-RPC: no JSON; and the first of those that a server may use as it likes."""


def bridge(agent: "Client", lines: TextIO = sys.stdin, out: TextIO = sys.stdout) -> None:
    """Until the input ends."""
    for line in _lines(lines):
        if answer := _answer(agent, line):
            out.write(answer + "\n")
            out.flush()


def _lines(source: TextIO) -> Iterator[str]:
    while line := source.readline(LONGEST + 1):
        if line.strip():
            yield line


def _answer(agent: "Client", line: str) -> str:
    """The answer as one line; empty for a message that wants none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return _error(None, _PARSE, "This is not one message as JSON, or it is too long.")
    id_ = message.get("id") if isinstance(message, dict) else None
    try:
        answered = agent.post_mcp(message)
    except AgentError as error:
        return _error(id_, _REFUSED, str(error)) if id_ is not None else ""
    return json.dumps(answered) if answered else ""


def _error(id_: object, code: int, text: str) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": text}})
