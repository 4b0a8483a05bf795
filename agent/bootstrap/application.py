"""Everything put together: ports meet adapters here, and fakes are arguments."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from agent.bootstrap.actions import catalogue_of, code_digest, executors_of
from agent.bootstrap.backends import Clients, open_clients, sources_of
from agent.bootstrap.egress import close_off
from agent.bootstrap.erasing import erase_again
from agent.bootstrap.knowledge import open_memory, open_model
from agent.bootstrap.machine import SystemClock, data_folder, one_at_a_time, own_folder, sortable_id
from agent.bootstrap.mcp import McpTools, open_mcp
from agent.bootstrap.people import channels_of
from agent.bootstrap.record import Record, open_record
from agent.bootstrap.roots import deletions_of, secrets_of
from agent.bootstrap.slack import slack_of
from agent.bootstrap.teams import owners_of, policy_of, rota_of
from agent.bootstrap.tokens import tokens_of
from agent.bootstrap.toolbox import Toolbox
from agent.bootstrap.tracing import open_tracing
from agent.config import Config
from agent.correlate.correlator import Correlator
from agent.domain.incident import Incident
from agent.domain.job import Lease
from agent.domain.rules import Policy
from agent.graph.act import Act
from agent.graph.build import build_graph
from agent.graph.context import Context, Sources
from agent.identity.keys import Keys
from agent.identity.local import local_operator
from agent.identity.secrets import Secrets
from agent.identity.tokens import Tokens
from agent.ingest import alertmanager, changes, datadog, generic, grafana, pagerduty
from agent.notify.dispatcher import Channel, Dispatcher
from agent.notify.slack import SlackChannel
from agent.ports import Clock, Executor, Memory, Model, Parser, Queue, Tool
from agent.service import Service
from agent.service.escalation import Escalation
from agent.service.intake import Intake
from agent.service.keeping import Keeping
from agent.service.people import People
from agent.service.placement import Placement
from agent.service.questions import Questions
from agent.service.reading import Reading
from agent.service.regrouping import Regrouping
from agent.service.remembering import Remembering
from agent.service.rota import Rota
from agent.service.runs import Runs
from agent.service.silencing import Silencing
from agent.service.upkeep import Upkeep
from agent.settings import Settings
from agent.soundness import doubts, require_sound
from agent.storage.approvals import SqlApprovals
from agent.storage.changes import SqlChanges
from agent.storage.duties import Duty
from agent.storage.fencing import Fenced
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import SqlJournal
from agent.storage.keys import SqlKeys
from agent.storage.lessons import SqlLessons
from agent.telemetry import Log, Meters
from agent.views import Views
from tools.base import BackendError, Topology
from tools.observe.window import Window

log = Log(__name__)

PARSERS: Mapping[str, Parser] = {
    "alertmanager": alertmanager.parse,
    "datadog": datadog.parse,
    "grafana": grafana.parse,
    "pagerduty": pagerduty.parse,
    "generic": generic.parse,
}


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """What a test, an evaluation or a replay puts in the place of the configured adapters."""

    clock: Clock | None = None
    sources: Sources | None = None
    executors: Mapping[str, Executor] | None = None
    model: Model | None = None
    memory: Memory | None = None
    tools: Sequence[Tool] = ()
    """Beside those of the sources."""
    channels: Sequence[Channel] | None = None
    correlator: Correlator | None = None
    policy: Policy | None = None
    code: str = ""
    """In the place of the digest of the code that acts."""
    record: Callable[[Record], Record] | None = None
    """Given the record as it was opened, the one to go on with."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who may call, and what every key is derived from."""

    secrets: Secrets
    keys: Keys
    local_operator: str | None
    """The key for command line and page while nobody else has one."""
    tokens: Tokens | None = None
    """None when nobody may come with a JSON web token."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """A running installation, as its entrypoints see it."""

    settings: Settings
    config: Config
    service: Service
    views: Views
    queue: Queue
    clock: Clock
    identity: Identity
    record: Record
    dispatcher: Dispatcher
    sources: Sources
    meters: Meters
    slack: SlackChannel | None = None
    """None when Slack is not configured."""
    mcp: McpTools | None = None
    """None when no MCP server is configured."""


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
    clock = replaced.clock or SystemClock()
    meters = Meters()
    tokens = tokens_of(settings, config, clock)
    with data_folder(settings.data, shared=settings.shared) as folder:
        secrets = secrets_of(settings, folder)
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(open_tracing(settings))
            own = opened.enter_context(own_folder(folder)) if settings.shared else folder
            record = await opened.enter_async_context(open_record(settings, clock, secrets))
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
            yield _assemble(
                settings,
                config,
                record,
                replace(replaced, memory=memory, model=model),
                Identity(secrets=secrets, keys=keys, local_operator=operator, tokens=tokens),
                clients=clients,
                meters=meters,
                mcp=mcp,
            )


def _assemble(
    settings: Settings,
    config: Config,
    record: Record,
    replaced: Replaced,
    identity: Identity,
    *,
    clients: Clients,
    meters: Meters,
    mcp: McpTools | None,
) -> Application:
    sources = replaced.sources or sources_of(clients, config, SqlChanges(record.database))
    executors = replaced.executors
    if executors is None:
        executors = executors_of(config, clients.cluster, mcp)
    context = _context(settings, config, record, sources, replace(replaced, executors=executors))
    toolbox = _toolbox(settings, sources, clients, replaced, mcp)
    correlator = replaced.correlator or Correlator(partial(sortable_id, "inc"))
    service = _service(config, record, context, toolbox, rota=rota_of(settings, config), correlator=correlator)
    hushed = service.silencing.hushed
    side = slack_of(settings, config, record, service.silencing)
    slack, more = (side.channel, [side.rounds.round]) if side else (None, [])
    channels = replaced.channels
    if channels is None:
        channels = channels_of(settings, config, record, clients.jira, slack, hushed=hushed)
    clock = record.chain.clock
    return Application(
        settings=settings,
        config=config,
        service=service,
        views=Views(record.database, clock),
        queue=record.queue,
        clock=clock,
        identity=identity,
        record=record,
        dispatcher=Dispatcher(record.journal, channels, clock, partial(record.duties.has, Duty.TELL), more),
        sources=sources,
        meters=meters,
        slack=slack,
        mcp=mcp,
    )


def _service(
    config: Config, record: Record, context: Context, toolbox: Toolbox, *, rota: Rota, correlator: Correlator
) -> Service:
    graph = build_graph(record.checkpoints)
    owners = owners_of(config)
    placement = Placement(
        database=record.database,
        chain=record.chain,
        queue=record.queue,
        correlator=correlator,
        rules=config.correlation,
        inhibit=config.inhibit,
        owners=owners,
        calendar=config.maintenance,
        topology=partial(_known_topology, context.sources, context.clock),
        mine=partial(record.duties.has, Duty.PLACE),
    )
    silencing = Silencing(
        record.database, record.chain, sortable_id, calendar=config.maintenance, arrived=placement.wake
    )
    intake = Intake(
        database=record.database,
        clock=context.clock,
        new_id=sortable_id,
        parsers=PARSERS,
        parse_changes=changes.parse,
        arrived=placement.wake,
    )
    return Service(
        intake=intake,
        placement=placement,
        runs=Runs(record.database, graph, partial(_for_run, record, context, toolbox)),
        people=People(record.database, record.chain, record.queue, record.approvers),
        regrouping=Regrouping(
            record.database,
            record.chain,
            record.queue,
            new_id=partial(sortable_id, "inc"),
            rules=config.correlation,
            owners=owners,
        ),
        silencing=silencing,
        questions=Questions(graph, partial(_for_question, context, toolbox)),
        escalation=Escalation(record.database, record.chain, config.teams, rota, silencing.hush),
        reading=Reading(record.database, context.clock),
        remembering=Remembering(record.lessons, context.memory, record.journal),
        upkeep=Upkeep(
            record.database,
            record.chain,
            record.queue,
            quiet_period=config.quiet_period,
            anchors=record.anchors,
            keeping=Keeping(record.database, record.chain, record.threads, record.anchors, config.retention),
        ),
    )


def _toolbox(
    settings: Settings, sources: Sources, clients: Clients, replaced: Replaced, mcp: McpTools | None
) -> Toolbox:
    return Toolbox(
        sources=sources,
        runbooks=settings.runbooks,
        cluster=clients.cluster,
        datadog=clients.datadog,
        jira=clients.jira,
        jira_project=settings.jira_project,
        more=replaced.tools,
        foreign=mcp.tools if mcp else tuple,
    )


def _context(settings: Settings, config: Config, record: Record, sources: Sources, replaced: Replaced) -> Context:
    clock = record.chain.clock
    executors = replaced.executors or {}
    catalogue = catalogue_of(settings, executors)
    policy = replaced.policy or policy_of(config)
    act = Act(
        catalogue=catalogue,
        executors=executors,
        ledger=record.ledger,
        clock=clock,
        policy=policy,
        code=replaced.code or code_digest(),
    )
    return Context(
        clock=clock,
        incidents=record.incidents,
        journal=record.journal,
        approvals=record.approvals,
        lessons=record.lessons,
        catalogue=catalogue,
        act=act,
        sources=sources,
        model=replaced.model,
        memory=replaced.memory,
        policy=policy,
        budgets=config.budgets,
    )


def _for_run(record: Record, context: Context, toolbox: Toolbox, lease: Lease, incident: Incident) -> Context:
    """What it writes is refused once its job is another worker's."""
    database, chain, clock = Fenced(record.database, lease), record.chain, context.clock
    return replace(
        _for_question(context, toolbox, incident),
        incidents=SqlIncidents(database, chain, clock),
        journal=SqlJournal(database, chain),
        approvals=SqlApprovals(database, chain, clock),
        lessons=SqlLessons(database, clock),
        lease=lease,
    )


def _for_question(context: Context, toolbox: Toolbox, incident: Incident) -> Context:
    window = Window(alert_at=incident.opened_at, now=context.clock.now())
    return replace(context, tools=lambda onset: toolbox.tools(replace(window, onset=onset)))


async def _known_topology(sources: Sources, clock: Clock) -> Topology | None:
    """For grouping alerts: the first source that knows; none is waited for twice."""
    for source in sources.topology:
        try:
            if (found := await source.topology(clock.now())) is not None:
                return found
        except BackendError:
            continue
    return None
