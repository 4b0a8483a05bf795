"""The agent as a process, and the command line talking to it: the recorded incident, decided from a second terminal."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agent.entrypoints.cli.frame import run
from tests.overdue import killed_when_overdue

ROOT = Path(__file__).parents[5]
PATIENCE = 60.0
"""Seconds; everything here takes a few when the machine is free."""


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Running:
    """A process of the agent and what it has said so far."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def until(self, pattern: str) -> re.Match[str]:
        """The first line that matches, from here on."""
        assert self.process.stderr is not None
        with killed_when_overdue(self.process):
            for line in self.process.stderr:
                self.said.append(line)
                if found := re.search(pattern, line):
                    return found
        raise AssertionError(f"{pattern!r} was never said: {''.join(self.said)}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        _, rest = self.process.communicate(timeout=PATIENCE)
        self.said.append(rest)
        return self.process.returncode

    def command(self, *arguments: str) -> "Done":
        """Another terminal on the same machine; in this process, since what it imports costs more than what it does."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            code = run(arguments)
        return Done(code, out.getvalue(), err.getvalue())

    def told(self, *arguments: str) -> Any:
        done = self.command(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextmanager
def started(data: Path, *arguments: str, **more: str) -> Iterator[Running]:
    environment = {"PATH": os.environ["PATH"], "AGENT_DATA": str(data), "AGENT_PORT": "0"} | more
    process = subprocess.Popen(
        [sys.executable, "-m", "agent", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        running = Running(process, environment)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def asking(data: Path) -> Iterator[tuple[Running, str]]:
    """The agent with a recorded incident that waits for an approval, and the approval's id."""
    with started(data, "demo", "--stay") as running:
        url = running.until(r"Serving at (http://127\.0\.0\.1:\d+)")[1]
        running.environment["AGENT_URL"] = url
        yield running, running.until(r"approvals approve (\S+)")[1]


def test_a_second_agent_on_the_same_data_folder_is_refused_in_one_sentence_and_sigterm_ends_the_first(
    tmp_path: Path,
) -> None:
    with started(tmp_path / "data", "serve") as running:
        running.until(r"serves at http://127\.0\.0\.1:\d+, ready after")
        second = running.command("serve")
        refusal = f"Another incident-agent is running on the data folder {tmp_path}/data; stop it, or set AGENT_DATA"
        assert (second.returncode, second.stdout, second.stderr) == (1, "", f"{refusal} to another.\n")
        assert running.stop() == 0
    assert "Traceback" not in "".join(running.said)


def test_sigterm_ends_an_agent_that_is_still_opening_its_record(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(PATIENCE)
        port = silent.getsockname()[1]
        record = {"AGENT_DATABASE_URL": f"postgresql://agent@127.0.0.1:{port}/agent"}
        with started(tmp_path / "data", "serve", AGENT_REDIS_URL=f"redis://127.0.0.1:{port}/0", **record) as running:
            asked, _ = silent.accept()
            with asked:
                assert running.stop() == -signal.SIGTERM


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_where_it_listens_by_ipv6_it_can_be_called_as_it_says_and_as_it_is_set(tmp_path: Path) -> None:
    with started(tmp_path / "data", "serve", "--host", "::1") as running:
        url = running.until(r"serves at (\S+), ready after")[1]
        assert httpx2.get(f"{url}/livez").json() == {"status": "alive"}
        running.environment |= {"AGENT_HOST": "::1", "AGENT_PORT": url.rpartition(":")[2]}
        assert running.told("incidents", "list")["incidents"] == []


def test_a_person_looks_and_approves_from_another_terminal_on_this_machine(tmp_path: Path) -> None:
    with asking(tmp_path / "data") as (running, approval):
        [waiting] = running.told("approvals", "list")["approvals"]
        incident = waiting["incident"]
        assert waiting["id"] == approval

        [listed] = running.told("incidents", "list")["incidents"]
        assert (listed["id"], listed["status"]) == (incident, "awaiting_approval")
        page = running.command("incidents", "show", incident).stdout
        assert f"incident-agent approvals approve {approval}" in page
        assert "payment" in page

        nobody = running.command("approvals", "approve", approval)
        assert (nobody.returncode, nobody.stderr.splitlines()) == (
            1,
            ["Nobody is here to be asked; --yes says that you have seen what will be done."],
        )
        decided = running.told("approvals", "approve", approval, "--yes", "--reason", "seen")
        assert (decided["decided_by"], decided["decided_via"], decided["comment"]) == ("local-operator", "cli", "seen")

        # Until the approval is spent a denial would still be taken, and win.
        assert _settled(lambda: running.told("incidents", "show", incident)["effects"]) != []
        again = running.command("approvals", "deny", approval)
        assert (again.returncode, again.stdout, again.stderr.count("\n")) == (1, "", 1)
        assert running.stop() == 128 + signal.SIGTERM
    assert "Traceback" not in "".join(running.said)
    assert running.command("audit", "verify").returncode == 0


def test_a_person_denies_and_the_incident_is_left_to_humans(tmp_path: Path) -> None:
    with asking(tmp_path / "data") as (running, approval):
        assert running.command("approvals", "deny", approval, "--reason", "a deploy is under way").returncode == 0
        running.until("Still serving")
        [one] = running.told("incidents", "list")["incidents"]
        whole = running.told("incidents", "show", one["id"])
        assert (one["status"], whole["effects"]) == ("parked", [])
        assert "a deploy is under way" in running.command("incidents", "show", one["id"], "--report").stdout

        assert running.command("feedback", one["id"], "--verdict", "right").returncode == 0
        assert "payment" in running.command("ask", one["id"], "what is the cause?").stdout
        assert running.command("actions", "pause").returncode == 0
        assert running.command("actions", "resume").stdout == "Actions are taken again.\n"
        assert running.command("incidents", "ack", one["id"]).stdout == f"{one['id']} is parked.\n"
        assert running.command("incidents", "close", one["id"]).stdout == f"{one['id']} is closed.\n"
        assert running.command("incidents", "close", one["id"]).returncode == 1
        assert running.told("capacity")["episodes"] == 1
        exported = [json.loads(line) for line in running.command("audit", "export").stdout.splitlines()]
        assert [entry["sequence"] for entry in exported] == list(range(1, len(exported) + 1))
        assert running.command("incidents", "show", "inc-nosuch").returncode == 1


def test_a_replay_that_was_broken_off_does_not_swallow_the_next(tmp_path: Path) -> None:
    with asking(tmp_path / "data") as (running, first):
        running.stop()
    with asking(tmp_path / "data") as (running, second):
        assert second != first
        told = running.told("incidents", "list")["incidents"]
        assert [one["status"] for one in told] == ["awaiting_approval", "closed"]


def _settled(look: Callable[[], Any]) -> Any:
    """What `look` says once it says something."""
    until = time.monotonic() + PATIENCE
    while not (seen := look()) and time.monotonic() < until:
        pass  # Each look is a request to another process, so that it hardly spins.
    return seen


@pytest.mark.parametrize("arguments", [["demo", "--auto-approve", "--deny"], ["serve", "--port", "99999"]])
def test_wishes_that_cannot_be_met_are_wrong_usage(arguments: list[str]) -> None:
    assert run(arguments) == 2


def test_a_worker_answers_health_and_metrics_alone_and_ends_on_sigterm(tmp_path: Path) -> None:
    with started(tmp_path / "data", "worker", "--port", "0") as running:
        url = running.until(r"answers at (http://127\.0\.0\.1:\d+),")[1]
        bearer = {"Authorization": f"Bearer {(tmp_path / 'data/local-operator.key').read_text().strip()}"}
        asked = [("/livez", {}), ("/metrics", {}), ("/metrics", bearer), ("/api/incidents", bearer)]
        assert [httpx2.get(url + path, headers=headers).status_code for path, headers in asked] == [200, 401, 200, 404]
        assert running.stop() == 0
