"""What does an MCP client get, whatever it writes?"""

import io
import json

import pytest

from agent.entrypoints.cli.client import Client
from agent.entrypoints.mcp.bridge import LONGEST, bridge
from tests.farends.ports import free_port


@pytest.mark.parametrize("line", ["not JSON", "[" * (LONGEST - 1), "x" * LONGEST])
def test_a_line_that_is_no_message_is_answered_so_and_the_next_is_read(line: str) -> None:
    out = io.StringIO()
    lines = io.StringIO(f"{line}\n" + '{"jsonrpc": "2.0", "id": 7, "method": "ping"}\n')
    with Client(f"http://127.0.0.1:{free_port()}", "key") as agent:
        bridge(agent, lines, out)
    first, *_, last = [json.loads(answer) for answer in out.getvalue().splitlines()]
    assert (first["error"]["message"], last["id"]) == ("This is not one message as JSON, or it is too long.", 7)
    assert last["error"]["message"].startswith("No incident-agent answers at ")
