"""What can the agent do, and is it written down well?  `runbooks list` and `lint`."""

from pathlib import Path
from typing import Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import say, say_json, say_table

runbooks = typer.Typer(help="The catalogue: what people wrote down, and what of it can be run.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Argument(metavar="FOLDER", help="The runbooks' folder.", show_default="AGENT_RUNBOOKS")
]


@runbooks.command("list", epilog="Example: incident-agent runbooks list")
def list_runbooks(folder: Folder = None, as_json: Json = False) -> None:
    """List the actions: the only things the agent can do."""
    from agent.catalogue.catalogue import Catalogue

    actions = Catalogue.load(_folder(folder)).actions()
    if as_json:
        say_json([{"digest": action.digest, **action.model_dump(mode="json")} for action in actions])
        return
    rows = [
        (
            action.name,
            action.risk.value,
            "yes" if action.reversible else "no",
            action.blast_radius,
            ", ".join(action.arguments),
        )
        for action in actions
    ]
    say_table(("action", "risk", "can be undone", "touches", "arguments"), rows, empty="There are no actions.")


@runbooks.command(epilog="Example: incident-agent runbooks lint runbooks")
def lint(folder: Folder = None, as_json: Json = False) -> None:
    """Say everything that is wrong with the runbooks; nothing is sent anywhere."""
    from agent.catalogue import lint as rules
    from agent.domain.errors import AgentError
    from agent.domain.wording import counted

    place = _folder(folder)
    problems = rules.lint(place)
    if as_json:
        say_json([{"file": str(one.file), "field": one.field, "message": one.message} for one in problems])
    else:
        say("\n".join(map(str, problems)) or f"The runbooks in {place} are fit for use.")
    if problems:
        raise AgentError(f"{counted(len(problems), 'problem')} in {place}.")


def _folder(given: Path | None) -> Path:
    from agent.settings import load

    return given or load().runbooks
