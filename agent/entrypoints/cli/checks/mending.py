"""What can `doctor` put right by itself?  What belongs to the agent alone: its folder and its record. Nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.domain.errors import AgentError
from agent.entrypoints.cli.checks.finding import Finding, State
from agent.settings import Settings


@dataclass(frozen=True)
class Tried:
    """One thing that was put right, or why it could not be."""

    name: str
    done: bool
    says: str


def mend(settings: Settings, found: list[Finding]) -> list[Tried]:
    """Make the folder, close it to others, bring the record to its newest shape; say of the rest that it is yours."""
    tried = [_tried("data folder", lambda: _folder(settings.data)), _tried("record", lambda: _record(settings))]
    ours = {one.name for one in tried}
    theirs = [one for one in found if one.state is State.BROKEN and one.name not in ours]
    return [one for one in tried if one.says] + [Tried(one.name, False, one.mend or one.says) for one in theirs]


def _tried(name: str, work: Callable[[], str]) -> Tried:
    try:
        return Tried(name, True, work())
    except AgentError as error:
        return Tried(name, False, str(error))
    except OSError as error:
        return Tried(name, False, f"{error.filename or name}: {error.strerror}.")


def _folder(folder: Path) -> str:
    """What was done; empty when nothing was to do."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        return f"{folder} was made"
    if not folder.stat().st_mode & 0o077:
        return ""
    inside = [path for path in (folder, *folder.rglob("*")) if not path.is_symlink()]
    for path in inside:
        path.chmod(path.stat().st_mode & 0o700)
    return f"{folder} and what is in it was closed to others"


def _record(settings: Settings) -> str:
    from agent.bootstrap.upgrading import upgraded
    from agent.storage.schema import newest

    return f"it is now at {newest()}" if upgraded(settings) else ""
