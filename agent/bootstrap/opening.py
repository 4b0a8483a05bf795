"""What has to be opened before an installation can run, and in which order is it closed again?"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from agent.bootstrap.application import Application, Identity, Replaced
from agent.bootstrap.assembling import Opened, assembled
from agent.bootstrap.backends import open_clients
from agent.bootstrap.egress import close_off
from agent.bootstrap.erasing import erase_again
from agent.bootstrap.knowledge import open_memory, open_model
from agent.bootstrap.machine import SystemClock, data_folder, one_at_a_time, own_folder
from agent.bootstrap.mcp import open_mcp
from agent.bootstrap.record import Record, open_record
from agent.bootstrap.roots import deletions_of, secrets_of
from agent.bootstrap.tokens import tokens_of
from agent.bootstrap.tracing import open_tracing
from agent.identity.keys import Keys
from agent.identity.local import local_operator
from agent.ports import Clock
from agent.settings import Settings
from agent.soundness import doubts, require_sound
from agent.storage.keys import SqlKeys
from agent.storage.timing import KEEP_IN_STEP, OUT_OF_STEP, SharedClock, ahead, told
from agent.telemetry import Log, Meters

log = Log(__name__)


@asynccontextmanager
async def bootstrap(settings: Settings, replaced: Replaced | None = None) -> AsyncIterator[Application]:
    """Open everything the settings name; all of it is closed at the end.

    Raises ConfigurationError or DataFolderInUse, each in a sentence.
    """
    replaced = replaced or Replaced()
    config = settings.config()
    require_sound(settings)
    for doubt in doubts(settings):
        log.warning(doubt.says, do=doubt.mend)
    close_off(settings, config)
    clock = replaced.clock or (SharedClock(SystemClock()) if settings.shared else SystemClock())
    meters = Meters()
    tokens = tokens_of(settings, config, clock)
    with data_folder(settings.data, shared=settings.shared) as folder:
        secrets = secrets_of(settings, folder)
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(open_tracing(settings))
            own = opened.enter_context(own_folder(folder)) if settings.shared else folder
            record = await opened.enter_async_context(open_record(settings, clock, secrets))
            await _compare_clocks(record, clock)
            record = replaced.record(record) if replaced.record else record
            await erase_again(record, deletions_of(settings, secrets))
            memory = replaced.memory or await opened.enter_async_context(
                open_memory(settings, own, record.lessons, clock, secrets.derive("pseudonyms"))
            )
            model = replaced.model or await opened.enter_async_context(
                open_model(settings, config.model_limits, meters)
            )
            mcp = await opened.enter_async_context(open_mcp(settings, config))
            clients = await opened.enter_async_context(open_clients(settings, config))
            keys = Keys(
                SqlKeys(record.database, record.chain), secrets.derive("keys"), clock, former=secrets.former("keys")
            )
            with one_at_a_time(folder):
                operator = await local_operator(folder, keys, others=tokens is not None)
            yield assembled(
                settings,
                config,
                Opened(
                    record=record,
                    memory=memory,
                    model=model,
                    clients=clients,
                    mcp=mcp,
                    identity=Identity(secrets=secrets, keys=keys, local_operator=operator, tokens=tokens),
                    meters=meters,
                ),
                replaced,
            )


async def _compare_clocks(record: Record, clock: Clock) -> None:
    """Jobs go by the database's clock; for what goes by the host's, a clock that is out of step is told."""
    if not isinstance(clock, SharedClock):
        return
    lead = await record.database.read(lambda connection: ahead(connection, clock))
    if abs(lead) > OUT_OF_STEP:
        log.warning(told(lead), do=KEEP_IN_STEP)
