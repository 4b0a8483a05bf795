"""Who may do what?  `keys create`, `list`, `rotate` and `revoke`.

They work on the record itself, for whoever may read its root secret; a running agent sees a change at once.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar, cast, get_args

import typer

from agent.entrypoints.cli.options import Json
from agent.entrypoints.cli.say import complain, moment, say, say_json, say_table

if TYPE_CHECKING:
    from agent.identity.keys import Keys, Minted
    from agent.settings import Settings

keys = typer.Typer(help="Who may do what.", no_args_is_help=True)

Result = TypeVar("Result")

Scope = Literal["ingest", "read", "ask", "approve:low", "approve:high", "admin"]
_SCOPES: tuple[Scope, ...] = get_args(Scope)
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as `keys list` shows it.")]


def _known_scopes(given: list[str]) -> list[str]:
    if unknown := sorted({*given} - {*_SCOPES}):
        raise typer.BadParameter(f"There is no scope {unknown[0]}; there are: {', '.join(_SCOPES)}.")
    return given


@keys.command(epilog="Example: incident-agent keys create ada --scope read --scope ask --scope approve:high")
def create(
    name: Annotated[str, typer.Argument(help="Who it belongs to; stands in the journal.")],
    scope: Annotated[
        list[str], typer.Option(help=f"What it may do, once for each: {', '.join(_SCOPES)}.", callback=_known_scopes)
    ],
    team: Annotated[
        list[str] | None,
        typer.Option(help="See the incidents of this team alone, once for each; '' for those of no team."),
    ] = None,
    machine: Annotated[bool, typer.Option("--machine", help="For a program: it can never approve.")] = False,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once, and kept nowhere."""
    kind: Literal["machine", "person"] = "machine" if machine or scope == ["ingest"] else "person"
    _check_teams(team or [])
    made = _on_the_record(lambda known: known.create(name, kind, cast("list[Scope]", scope), team))
    _show(made, as_json=as_json)


@keys.command("list", epilog="Example: incident-agent keys list")
def list_keys(as_json: Json = False) -> None:
    """List the keys, the revoked too."""
    known = _on_the_record(lambda known: known.list())
    if as_json:
        say_json([key.model_dump(mode="json", exclude={"digest"}) for key in known])
        return
    rows = [
        (
            key.id,
            key.name,
            key.kind,
            " ".join(key.scopes),
            "all" if key.teams is None else " ".join(team or "(none)" for team in key.teams),
            moment(key.last_used_at),
            moment(key.revoked_at),
        )
        for key in known
    ]
    titles = ("id", "name", "kind", "scopes", "teams", "last used", "refused from")
    say_table(titles, rows, empty="There are no keys.")


@keys.command(epilog="Example: incident-agent keys rotate 0123456789abcdef")
def rotate(key: KeyId, as_json: Json = False) -> None:
    """Make a new key in the place of this one, which stays valid for a day."""
    _show(_on_the_record(lambda known: known.rotate(key)), as_json=as_json)


@keys.command(epilog="Example: incident-agent keys revoke 0123456789abcdef")
def revoke(key: KeyId) -> None:
    """Refuse this key from now on."""
    _on_the_record(lambda known: known.revoke(key))
    say(f"The key {key} is refused from now on.")


@keys.command("rotate-root", epilog="Example: incident-agent keys rotate-root")
def rotate_root(
    finish: Annotated[
        bool,
        typer.Option("--finish", help="Afterwards: take the old secret file away; keys not used since are refused."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Seal everything anew with another root secret. Stop the agent first; cut off, it goes on when called again."""
    import asyncio

    from agent.bootstrap import rotating
    from agent.settings import load

    if finish:
        rotating.finish(load())
        say("The old root secret is gone; what was sealed with it is refused.")
        return
    sealed = asyncio.run(rotating.rotate(load()))
    if as_json:
        say_json(sealed.model_dump(mode="json"))
        return
    say(f"Sealed anew: {sealed.approvals} approvals and votes, {sealed.checkpoints} checkpoints.")
    say(f"Signed anew: the journal's head and {sealed.anchors} anchors. Sessions of the page have ended.")
    if sealed.keys:
        complain(f"Keys that must be used once before the old secret goes, or be made anew: {', '.join(sealed.keys)}.")


def _check_teams(named: Sequence[str]) -> None:
    """A key for a team that is written wrong would open nothing, and nobody would be told why."""
    from agent.domain.errors import Refused
    from agent.settings import load

    teams = load().config().teams if named else {}
    if unknown := sorted(set(named) - {""} - set(teams)):
        raise Refused(f"There is no team {unknown[0]}; AGENT_CONFIG has: {', '.join(teams) or 'none'}.")


def _show(minted: "Minted", *, as_json: bool) -> None:
    if as_json:
        say_json({"id": minted.key.id, "name": minted.key.name, "key": minted.token})
        return
    say(minted.token)
    complain(f"Keep it: it is not shown again. It may: {', '.join(minted.key.scopes)}. Send it as a bearer token.")


def _on_the_record(work: "Callable[[Keys], Awaitable[Result]]") -> Result:
    import asyncio

    from agent.settings import load

    return asyncio.run(_carried_out(load(), work))


async def _carried_out(settings: "Settings", work: "Callable[[Keys], Awaitable[Result]]") -> Result:
    from agent.bootstrap.machine import SystemClock
    from agent.bootstrap.roots import chain_of, secrets_of
    from agent.bootstrap.upgrading import upgraded_record
    from agent.identity.keys import Keys
    from agent.storage.keys import SqlKeys

    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets = secrets_of(settings, settings.data)
    clock = SystemClock()
    with upgraded_record(settings) as database:
        store = SqlKeys(database, chain_of(secrets, clock))
        return await work(Keys(store, secrets.derive("keys"), clock, former=secrets.former("keys")))
