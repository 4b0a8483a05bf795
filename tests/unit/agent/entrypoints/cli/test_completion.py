"""Does a real shell complete our commands with what `completion` prints?"""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from agent.entrypoints.cli.commands import app

ASKED = """
source completion.bash
COMP_WORDS=(incident-agent incidents w) COMP_CWORD=2
_incident_agent_completion incident-agent
echo "${COMPREPLY[@]}"
"""


def test_bash_completes_a_command_of_ours(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["completion", "bash"])
    (tmp_path / "completion.bash").write_text(printed.output)
    command = tmp_path / "incident-agent"
    command.write_text(f"#!{sys.executable}\nfrom agent.__main__ import main\nmain()\n")
    command.chmod(0o700)
    root = str(Path(__file__).parents[5])
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": root}
    ran = subprocess.run(
        ["bash", "-c", ASKED],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert ran.stdout.split() == ["watch"]
