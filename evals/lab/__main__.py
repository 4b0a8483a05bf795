"""`python -m evals.lab`: `record` writes cases, `check` looks at them, `live` runs the lab until it is told to stop."""

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
from evals.lab.scenarios import SCENARIOS
from evals.lab.shop.layout import Webhook

CASES = Path(__file__).parents[1] / "cases" / "lab"

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)


@app.command("record")
def record_command(
    names: Annotated[list[str] | None, typer.Argument(help="Scenarios; none: all of them.")] = None,
    out: Annotated[Path, typer.Option(help="The set's folder.")] = CASES,
) -> None:
    """Run scenarios in the lab, one after the other, and write each as a case (about eight minutes each).

    Example: python -m evals.lab record deploy-payment pool-cart
    """
    unknown = set(names or ()) - SCENARIOS.keys()
    if unknown:
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(SCENARIOS)}")
    for name in names or SCENARIOS:
        folder = record(SCENARIOS[name], out, Pace(), _say)
        for complaint in complaints(folder):
            _say(f"{name}: {complaint}")


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


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main() -> int:
    """The exit code; what cannot be done is told in one sentence."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whatever was started is ended
    try:
        app(standalone_mode=False)
    except (NotInstalled, DidNotStart, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    except typer.Exit as done:
        return done.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
