"""Every command in one place, so that `--help` costs nothing: what a command needs is imported when it runs."""

from importlib.metadata import PackageNotFoundError, version

import typer

from agent.entrypoints.cli.approvals import approvals
from agent.entrypoints.cli.audit import audit
from agent.entrypoints.cli.doctor import doctor
from agent.entrypoints.cli.incidents import ask, feedback, incidents
from agent.entrypoints.cli.investigate import investigate, replay
from agent.entrypoints.cli.keys import keys
from agent.entrypoints.cli.memory import memory
from agent.entrypoints.cli.operations import capacity, migrate
from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.runbooks import runbooks
from agent.entrypoints.cli.say import say, say_json

app = typer.Typer(
    name="incident-agent",
    help="Turns alerts into checked diagnoses, and diagnoses into fixes that are safe to approve.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(incidents, name="incidents")
app.add_typer(approvals, name="approvals")
app.add_typer(keys, name="keys")
app.add_typer(memory, name="memory")
app.add_typer(runbooks, name="runbooks")
app.add_typer(audit, name="audit")
app.command(epilog='Example: incident-agent ask inc-7 "which deploy came first?"')(ask)
app.command(epilog="Example: incident-agent feedback inc-7 --verdict wrong --cause 'a full disk on db-2'")(feedback)
app.command(epilog="Example: incident-agent doctor")(doctor)
app.command(epilog="Example: incident-agent investigate alert.json --integration grafana")(investigate)
app.command(epilog="Example: incident-agent capacity --target 5")(capacity)
app.command(epilog="Example: incident-agent migrate")(migrate)
app.command(epilog="Example: incident-agent replay inc-7")(replay)


@app.command("version", epilog="Example: incident-agent version --json")
def show_version(as_json: Json = False) -> None:
    """Print the version."""
    import platform

    try:
        number = version("incident-agent")
    except PackageNotFoundError:
        number = "not installed"
    if as_json:
        say_json({"version": number, "python": platform.python_version()})
    else:
        say(f"incident-agent {number}, Python {platform.python_version()}")
