"""Would other rules group alerts better?  `correlate shadow` replays the last days' alerts and changes nothing."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import say, say_json, say_table

if TYPE_CHECKING:
    from agent.correlate.shadow import Shadow

correlate = typer.Typer(help="Try other rules for grouping alerts.", no_args_is_help=True)

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@correlate.callback()
def _group() -> None:
    """Try other rules for grouping alerts."""


@correlate.command(epilog="Example: incident-agent correlate shadow --config new.yaml --since 7d")
def shadow(
    config: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="A file as AGENT_CONFIG names, with the new rules.")
    ],
    since: Annotated[str, typer.Option(help="How far back: minutes, hours or days, as in 90m, 12h, 7d.")] = "7d",
    as_json: Json = False,
) -> None:
    """Replay recorded alerts under new rules, and say what would be merged away or split; it changes nothing."""
    from agent.bootstrap.machine import SystemClock
    from agent.bootstrap.shadow import shadow as run
    from agent.settings import load

    settings = load().model_copy(update={"config_file": config})
    found = run(settings, settings.config(), SystemClock().now() - _length(since))
    if as_json:
        say_json(found.model_dump(mode="json"))
    else:
        _tell(found)


def _length(text: str) -> timedelta:
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdecimal() or not 0 < int(number) < 100_000:
        raise typer.BadParameter(f"{text!r} is no length such as 90m, 12h or 7d.", param_hint="--since")
    return int(number) * _UNITS[unit]


def _tell(found: "Shadow") -> None:
    sides = (("now", found.now), ("new rules", found.then))
    rows = [
        (name, str(side.incidents), f"{side.reduction:.2%}", ", ".join(f"{n} {fate}" for fate, n in side.fates.items()))
        for name, side in sides
    ]
    say(f"{found.alerts} alerts since {found.since:%Y-%m-%d %H:%M} UTC; agreement {found.agreement:.3f} (ARI)")
    say_table(("rules", "incidents", "reduction", "fates"), rows, empty="")
    say()
    merged = [(one.incident, one.into, one.cause or "-") for one in found.merged_away]
    say_table(
        ("merged away", "into that of", "confirmed cause"), merged, empty="No incident of now would be merged away."
    )
    say()
    split = [(one.incident, str(one.parts), one.cause or "-") for one in found.split]
    say_table(("split", "parts", "confirmed cause"), split, empty="No incident of now would be split.")
