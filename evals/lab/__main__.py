"""One incident, live, from alert to verified fix; or `record` cases, `check` them, keep the lab `live`."""

import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from evals.lab.check import complaints
from evals.lab.live import Lab
from evals.lab.monitoring import DidNotStart, NotInstalled
from evals.lab.record import Pace, record
from evals.lab.scenarios import SCENARIOS, Incident
from evals.lab.shop.layout import Webhook
from evals.lab.story import Answer, Wish, excerpt, may_ask, run
from evals.lab.story import Pace as StoryPace
from evals.lab.transcript import Transcript, draw

CASES = Path(__file__).parents[1] / "cases" / "lab"

FIRST = "deploy-payment"
"""The fault that is switched on unless another is named."""

app = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def story_command(
    context: typer.Context,
    scenario: Annotated[str, typer.Option(help="Which fault; an unknown name lists them.")] = FIRST,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Approve without asking, for scripts.")] = False,
    deny: Annotated[bool, typer.Option("--deny", help="Deny without asking; it must end unhealed.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw the run's middle part as SVG here.")] = None,
) -> None:
    """Break a running shop, and see the alert come, the agent diagnose, the cure work and be verified (four minutes).

    Ends with 0 when it ended as the answer asked for.

    Example: python -m evals.lab --auto-approve --scenario hang-payment
    """
    if context.invoked_subcommand is not None:
        return
    wish = Wish(_incident(scenario), _answer(auto_approve=auto_approve, deny=deny))
    told = Transcript(lambda line: print(line, flush=True))
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        ending = run(wish, StoryPace(), told, Path(folder))
    if picture is not None:
        draw(excerpt(told.said), "make lab", picture)
    raise typer.Exit(0 if ending.as_asked(wish) else 1)


def _incident(name: str) -> Incident:
    known = {one.name: one for one in SCENARIOS.values() if isinstance(one, Incident)}
    if name not in known:
        raise typer.BadParameter(f"There is no fault {name!r}; there are: {', '.join(known)}.")
    return known[name]


def _answer(*, auto_approve: bool, deny: bool) -> Answer:
    if auto_approve and deny:
        raise typer.BadParameter("--auto-approve and --deny contradict each other.")
    if not (auto_approve or deny or may_ask()):
        raise typer.BadParameter("Nobody is at the terminal to be asked: say --auto-approve or --deny.")
    return "approve" if auto_approve else "deny" if deny else "ask"


@app.command("record")
def record_command(
    names: Annotated[list[str] | None, typer.Argument(help="Scenarios; none: all of them.")] = None,
    out: Annotated[Path, typer.Option(help="The set's folder.")] = CASES,
    attempts: Annotated[int, typer.Option(min=1, help="Make a recording that fails its check again, so often.")] = 2,
) -> None:
    """Run scenarios in the lab, one after the other, and write each as a case (about eight minutes each).

    Example: python -m evals.lab record deploy-payment pool-cart
    """
    unknown = set(names or ()) - SCENARIOS.keys()
    if unknown:
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(SCENARIOS)}")
    bad = [name for name in names or SCENARIOS if not _recorded(name, out, attempts)]
    raise typer.Exit(1 if bad else 0)


@app.command("check")
def check_command(cases: Annotated[Path, typer.Argument(help="The set's folder.")] = CASES) -> None:
    """Is every recorded case whole, small and clean, and is its fault to be seen?

    Example: python -m evals.lab check evals/cases/lab
    """
    folders = sorted(path.parent for path in cases.glob("*/meta.json"))
    bad = 0
    for folder in folders:
        found = complaints(folder)
        bad += bool(found)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{folder.name:20} {size / 1000:6.1f} kB  {'; '.join(found) or 'ok'}")
    raise typer.Exit(1 if bad or not folders else 0)


@app.command("live")
def live_command(
    webhook_url: Annotated[str, typer.Option(help="Where Alertmanager posts.")],
    webhook_key: Annotated[str, typer.Option(envvar="LAB_WEBHOOK_KEY", help="Sent as a bearer token.")],
    changes_url: Annotated[str, typer.Option(help="Where the shop's changes are announced; empty: nowhere.")] = "",
    agent_config: Annotated[Path | None, typer.Option(help="Write an AGENT_CONFIG for this lab here.")] = None,
) -> None:
    """Run shop, traffic, Prometheus and Alertmanager until Ctrl-C or SIGTERM; leaves nothing behind.

    Example: LAB_WEBHOOK_KEY=k python -m evals.lab live --webhook-url http://127.0.0.1:8080/webhooks/alertmanager
    """
    stop = threading.Event()
    changes = Webhook(url=changes_url, key=webhook_key) if changes_url else None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with (
        tempfile.TemporaryDirectory(prefix="lab-") as run,
        Lab(Path(run) / "shop", Webhook(url=webhook_url, key=webhook_key), changes=changes) as lab,
    ):
        if agent_config is not None:
            lab.write_agent_config(agent_config)
        for name, value in lab.addresses().items():
            print(f"{name}={value}", flush=True)
        stop.wait()


def _recorded(name: str, out: Path, attempts: int) -> bool:
    """Is the case good, at the latest at the last attempt?"""
    for _ in range(attempts):
        found = complaints(record(SCENARIOS[name], out, Pace(), _say))
        _say(f"{name}: {'; '.join(found) or 'good'}")
        if not found:
            return True
    return False


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main() -> None:
    """Exits with 0, 1 or 2 as every command does; what cannot be done is told in one sentence."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever was started is ended
    try:
        app()
    except (NotInstalled, DidNotStart, TimeoutError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
