"""Every command there is: its help has one example, and the example is one that the command takes."""

import os
import pathlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from agent.entrypoints.cli.commands import app

Path = tuple[str, ...]
PROMISED = {
    ("serve",), ("web",), ("worker",), ("demo",), ("investigate",), ("incidents", "list"), ("incidents", "show"),
    ("incidents", "watch"), ("approvals", "list"), ("approvals", "approve"), ("approvals", "deny"), ("ask",),
    ("feedback",), ("memory", "import"), ("memory", "search"), ("memory", "forget"), ("runbooks", "list"),
    ("runbooks", "lint"), ("keys", "create"), ("keys", "list"), ("keys", "revoke"), ("audit", "verify"),
    ("audit", "export"), ("capacity",), ("doctor",), ("migrate",), ("replay",), ("version",), ("mcp",),
    ("tools", "import"), ("completion",),
}  # fmt: skip
"""Names that others rely on."""


def leaves(command: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every command that does something, with the words that lead to it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, one in inner.items():
        yield from leaves(one, (*path, name))


COMMANDS = dict(leaves(typer.main.get_command(app)))


def test_every_promised_command_is_there() -> None:
    assert set(COMMANDS) >= PROMISED


@pytest.mark.parametrize("path", sorted(COMMANDS), ids=" ".join)
def test_its_help_says_what_it_does_and_its_one_example_is_one_it_takes(
    path: Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = COMMANDS[path]
    examples = re.findall(r"^Example: (.+)$", command.epilog or "", re.MULTILINE)
    assert len(examples) == 1
    words = shlex.split(examples[0])
    assert tuple(words[: len(path) + 1]) == ("incident-agent", *path)
    for name in words:
        if re.fullmatch(r"[\w-]+\.\w+", name):
            (tmp_path / name).touch()  # A file that an example names is one that the reader has.
    command.make_context(path[-1], words[len(path) + 1 :])  # raises a usage error when it does not fit
    assert (command.help or "").strip().endswith((".", "`"))
    undescribed = [one.name for one in command.params if not getattr(one, "help", "") and one.name != "help"]
    assert undescribed == []


@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("bash", {"COMP_WORDS": "incident-agent incidents wa", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "incident-agent incidents wa"}),
        (
            "fish",
            {"_TYPER_COMPLETE_ARGS": "incident-agent incidents wa", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
        ),
    ],
)
def test_a_shell_is_told_what_may_come_next(shell: str, asked: dict[str, str]) -> None:
    environment = {"PATH": os.environ["PATH"], "_INCIDENT_AGENT_COMPLETE": f"complete_{shell}", **asked}
    told = subprocess.run(
        [sys.executable, "-m", "agent"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert "watch" in told.stdout
    script = subprocess.run(
        [sys.executable, "-m", "agent", "completion", shell], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert f"_INCIDENT_AGENT_COMPLETE=complete_{shell}" in script


def test_no_colour_and_no_control_character_goes_into_a_pipe() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "agent", "runbooks", "list"],
        env={"PATH": os.environ["PATH"], "FORCE_COLOR": "", "TERM": "xterm-256color"},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    assert b"\x1b" not in told
