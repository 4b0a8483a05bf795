"""Every command in one place, so that `--help` costs nothing: what a command needs is imported when it runs."""

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import typer

from agent.entrypoints.cli.alerts import alerts
from agent.entrypoints.cli.approvals import approvals
from agent.entrypoints.cli.audit import audit
from agent.entrypoints.cli.backup import backup, restore
from agent.entrypoints.cli.completion import completion
from agent.entrypoints.cli.correlate import correlate
from agent.entrypoints.cli.doctor import doctor
from agent.entrypoints.cli.incidents import ask, feedback, incidents
from agent.entrypoints.cli.investigate import investigate, replay
from agent.entrypoints.cli.keys import keys
from agent.entrypoints.cli.maintenance import maintenance
from agent.entrypoints.cli.memory import memory
from agent.entrypoints.cli.operations import actions, capacity, effects, migrate
from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.privacy import privacy
from agent.entrypoints.cli.runbooks import runbooks
from agent.entrypoints.cli.running import demo, mcp, serve, web, worker
from agent.entrypoints.cli.say import say, say_json
from agent.entrypoints.cli.teams import teams
from agent.entrypoints.cli.tools import tools

app = typer.Typer(
    name="incident-agent",
    help="Turns alerts into checked diagnoses, and diagnoses into fixes that are safe to approve.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
RUN, PEOPLE, KEEPERS, UPKEEP = "Run it", "Work on incidents", "Keep it", "Look after it"


def _add(command: Callable[..., None], panel: str, example: str) -> None:
    app.command(rich_help_panel=panel, epilog=f"Example: incident-agent {example}")(command)


_add(serve, RUN, "serve --port 8080")
_add(demo, RUN, "demo --auto-approve --json")
_add(web, RUN, "web --host 0.0.0.0")
_add(worker, RUN, "worker")
_add(mcp, RUN, "mcp")
_add(investigate, RUN, "investigate alert.json --integration grafana")

app.add_typer(incidents, name="incidents", rich_help_panel=PEOPLE)
app.add_typer(alerts, name="alerts", rich_help_panel=PEOPLE)
app.add_typer(approvals, name="approvals", rich_help_panel=PEOPLE)
app.add_typer(actions, name="actions", rich_help_panel=PEOPLE)
app.add_typer(effects, name="effects", rich_help_panel=PEOPLE)
_add(ask, PEOPLE, 'ask inc-7 "which deploy came first?"')
_add(feedback, PEOPLE, "feedback inc-7 --verdict wrong --cause 'a full disk on db-2'")

app.add_typer(keys, name="keys", rich_help_panel=KEEPERS)
app.add_typer(runbooks, name="runbooks", rich_help_panel=KEEPERS)
app.add_typer(teams, name="teams", rich_help_panel=KEEPERS)
app.add_typer(maintenance, name="maintenance", rich_help_panel=KEEPERS)
app.add_typer(memory, name="memory", rich_help_panel=KEEPERS)
app.add_typer(tools, name="tools", rich_help_panel=KEEPERS)
app.add_typer(audit, name="audit", rich_help_panel=KEEPERS)
app.add_typer(privacy, name="privacy", rich_help_panel=KEEPERS)

app.add_typer(correlate, name="correlate", rich_help_panel=KEEPERS)

_add(doctor, UPKEEP, "doctor --fix")
_add(capacity, UPKEEP, "capacity --target 5")
_add(migrate, UPKEEP, "migrate")
_add(backup, UPKEEP, "backup --to /backup/monday")
_add(restore, UPKEEP, "restore --from /backup/monday")
_add(replay, UPKEEP, "replay inc-7")
_add(completion, UPKEEP, "completion bash")


@app.command("version", rich_help_panel=UPKEEP, epilog="Example: incident-agent version --json")
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
