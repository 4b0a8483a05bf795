"""How does an installation get another root secret?  What the old one sealed is read with it, and sealed anew.

Each step leaves alone what is sealed with the new secret already, so that it may be cut off anywhere and done again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from agent.bootstrap.machine import SystemClock, data_folder
from agent.bootstrap.roots import chain_of, deletions_of, secrets_of
from agent.bootstrap.upgrading import upgraded_record
from agent.domain.base import Noun
from agent.domain.errors import JournalBroken, NotFound, Refused
from agent.domain.event import Event, EventType
from agent.domain.key import StoredKey
from agent.identity import secrets as roots
from agent.identity.secrets import Secrets
from agent.settings import Settings
from agent.storage import anchors, approval_rows, resealing
from agent.storage.checkpoints import SealedSerializer
from agent.storage.database import Database
from agent.storage.journal import Chain, entries
from agent.storage.keys import SqlKeys


class Sealed(Noun):
    """What was sealed anew."""

    approvals: int
    """And votes."""
    checkpoints: int
    anchors: int
    keys: tuple[str, ...]
    """Whose keys were not used with the new secret yet: only the old one can tell that they are right."""


async def rotate(settings: Settings) -> Sealed:
    """Seal everything with the new root secret, one that is made here unless AGENT_SECRET_KEY is set.

    DataFolderInUse while an agent runs; Refused when it is not known which secret is replaced; JournalBroken, and
    nothing is changed, when the journal does not verify.
    """
    with data_folder(settings.data) as folder:
        if settings.secret_key is None:
            if not (folder / roots.FILE).exists():
                raise NotFound(f"There is no {roots.FILE} in {folder}; AGENT_DATA names the data folder.")
            roots.replace_file(folder)
        elif settings.secret_key_before is None:
            raise Refused(
                "Set AGENT_SECRET_KEY to the new secret and AGENT_SECRET_KEY_BEFORE to the old one, then try again."
            )
        secrets = secrets_of(settings, folder)
        with upgraded_record(settings) as database:
            return await _seal(settings, secrets, database, chain_of(secrets, SystemClock()))


def finish(settings: Settings) -> None:
    """From now on the old secret counts for nothing."""
    if settings.secret_key is not None:
        raise Refused("Take AGENT_SECRET_KEY_BEFORE out of the environment, and start the agent again.")
    with data_folder(settings.data) as folder:
        roots.forget_file(folder)


async def _seal(settings: Settings, secrets: Secrets, database: Database, chain: Chain) -> Sealed:
    kept = anchors.read(settings.anchors)
    _, wrong = database.read_now(lambda connection: chain.verify(connection, kept))
    if wrong:
        raise JournalBroken(f"The journal does not verify, so nothing is sealed anew: {wrong}.")
    deletions_of(settings, secrets).seal_anew()
    questions = database.write_now(lambda connection: approval_rows.seal_anew(connection, chain))
    serializer = SealedSerializer(secrets.derive("checkpoints"), secrets.former("checkpoints"))
    if settings.checkpoints is None:
        runs = resealing.in_database(database, serializer.anew)
    else:
        runs = resealing.in_file(settings.checkpoints, serializer.anew) if settings.checkpoints.exists() else 0
    heads = anchors.sign_anew(settings.anchors, chain)
    since = database.write_now(lambda connection: _tell(connection, chain, changed=questions + runs > 0))
    known = await SqlKeys(database, chain).list()
    return Sealed(approvals=questions, checkpoints=runs, anchors=heads, keys=_unused(known, chain.clock.now(), since))


def _unused(known: Sequence[StoredKey], now: datetime, since: datetime) -> tuple[str, ...]:
    late = (key for key in known if key.valid(now) and (key.last_used_at is None or key.last_used_at < since))
    return tuple(sorted({key.name for key in late}))


def _tell(connection: Connection, chain: Chain, *, changed: bool) -> datetime:
    """When it was sealed anew, for the last time that there was anything to seal."""
    head = chain.head(connection)
    told = entries(connection, types=[EventType.ROOT_ROTATED], newest=True, limit=1)
    if told and not changed and head is not None and chain.signed_anew(head) == head:
        return told[0].at
    chain.sign_anew(connection)
    text = "Everything that the old root secret sealed is sealed with the new one."
    chain.append(connection, Event(type=EventType.ROOT_ROTATED, text=text, actor="system"))
    return chain.clock.now()
