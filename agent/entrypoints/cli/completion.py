"""How does a shell complete these commands?  `completion` prints what it has to read."""

import sys
from typing import Annotated, Literal

import typer


def completion(shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Whose completion.")]) -> None:
    """Print the completion script of a shell: `source <(incident-agent completion bash)`."""
    from typer._completion_shared import get_completion_script

    asked = {"prog_name": "incident-agent", "complete_var": "_INCIDENT_AGENT_COMPLETE", "shell": shell}
    sys.stdout.write(get_completion_script(**asked) + "\n")
