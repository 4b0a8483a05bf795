"""What keeps an installation in order?  `actions pause` and `resume`, `effects`, `migrate`, `capacity`."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.entrypoints.cli.options import Json, journal, running_agent
from agent.entrypoints.cli.say import moment, say, say_json, say_table, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.analysis.capacity import Plan, Traffic

actions = typer.Typer(help="The one switch that stops every action.", no_args_is_help=True)
effects = typer.Typer(help="What was done in the world, and what nobody is sure of.", no_args_is_help=True)


@actions.command(epilog="Example: incident-agent actions pause")
def pause() -> None:
    """Stop every action of every incident, approved or not, until they are resumed."""
    with running_agent() as agent:
        agent.post("/api/actions/pause")
    say("Actions are paused: nothing is done in the world until `incident-agent actions resume`.")


@actions.command(epilog="Example: incident-agent actions resume")
def resume() -> None:
    """Let actions be taken again."""
    with running_agent() as agent:
        agent.post("/api/actions/resume")
    say("Actions are taken again.")


@effects.command("list", epilog="Example: incident-agent effects list --status unknown")
def list_effects(
    status: Annotated[
        Literal["intent", "done", "failed", "unknown", "all"], typer.Option(help="Only those with this status.")
    ] = "unknown",
    as_json: Json = False,
) -> None:
    """List what was done in the world; an unknown effect waits for you."""
    from agent.entrypoints.cli.shown import EffectPage

    with running_agent() as agent:
        answer = agent.get("/api/effects", status="" if status == "all" else status)
    if as_json:
        say_json(answer)
        return
    found = EffectPage.model_validate(answer).effects
    rows = [(one.key, one.incident, one.kind, one.name, one.status, moment(one.intent_at)) for one in found]
    say_table(("key", "incident", "kind", "name", "status", "begun"), rows, empty="There are none.")


@effects.command(epilog="Example: incident-agent effects settle 3f9a --found done --reason 'the pods are new'")
def settle(
    effect: Annotated[str, typer.Argument(metavar="KEY", help="The effect's key, as `effects list` shows it.")],
    found: Annotated[Literal["done", "not_done"], typer.Option(help="Did it take place?")],
    reason: Annotated[str, typer.Option(help="How you know; kept in the journal.")],
    as_json: Json = False,
) -> None:
    """Say whether an unknown effect took place; the agent never tries it again by itself."""
    from agent.entrypoints.cli.shown import Effect

    with running_agent() as agent:
        answer = agent.post(f"/api/effects/{effect}", {"found": found, "reason": reason})
    if as_json:
        say_json(answer)
        return
    now = Effect.model_validate(answer)
    say(f"{now.name} is {now.status}: {now.detail}")


def migrate() -> None:
    """Bring the database to the shape this version needs, in one transaction."""
    from agent.bootstrap.upgrading import upgraded
    from agent.settings import load
    from agent.storage.schema import newest

    say(f"The record is {'now ' if upgraded(load()) else ''}at {newest()}.")


def capacity(
    target: Annotated[float, typer.Option(min=0.1, help="Seconds an incident may wait for a worker, on average.")] = 10,
    as_json: Json = False,
) -> None:
    """Say how busy the agent is, and how many workers a target wait needs."""
    from agent.analysis.capacity import Told, episodes, plan, traffic
    from agent.domain.errors import NotFound
    from agent.domain.event import Recorded
    from agent.domain.job import SLOTS

    with running_agent() as agent:
        entries = map(Recorded.model_validate, journal(agent))
        load = traffic(episodes(Told(one.at, one.event.type, one.event.incident) for one in entries))
    if load is None:
        raise NotFound("No incident has been diagnosed yet, so that there is nothing to reckon with.")
    planned = plan(load, timedelta(seconds=target))
    workers = -(-planned.slots // SLOTS)
    if as_json:
        say_json({**load.model_dump(), "target_seconds": target, **planned.model_dump(), "workers": workers})
    else:
        say("\n".join(_told(load, planned, target, workers)))


def _told(load: "Traffic", planned: "Plan", target: float, workers: int) -> "Iterator[str]":
    from agent.domain.wording import counted

    yield f"{counted(load.episodes, 'incident')} in {seconds(load.hours * 3600)}"
    yield f"λ  {load.rate:.1f} an hour; {load.peak_rate:.0f} an hour in the busiest quarter of an hour"
    yield f"W  {_precise(load.answer_seconds)} from alert to diagnosis, on average"
    yield f"L  {load.in_progress:.2f} in progress at a time (L = λW)"
    yield f"   {_precise(load.busy_seconds)} of a worker's time each"
    yield ""
    yield f"To keep the wait at the peak under {seconds(target)}: {_slots(planned.slots, workers)}."
    yield f"They would then wait {planned.waits:.1f} s, and be busy {planned.busy:.0%} of the time."


def _precise(length: float) -> str:
    """Short times with a digit more."""
    return f"{length:.1f} s" if length < 10 else seconds(length)


def _slots(slots: int, workers: int) -> str:
    from agent.domain.wording import counted

    return f"{counted(slots, 'job')} at once, {counted(workers, 'worker')}"
