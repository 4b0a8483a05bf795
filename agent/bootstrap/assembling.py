"""How do the parts of an installation fit together?  Ports meet adapters here, and fakes are arguments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from agent.bootstrap.actions import catalogue_of, code_digest, executors_of
from agent.bootstrap.application import Application, Identity, Replaced
from agent.bootstrap.backends import Clients, sources_of
from agent.bootstrap.channels import channels_of
from agent.bootstrap.machine import sortable_id
from agent.bootstrap.mcp import McpTools
from agent.bootstrap.record import Record
from agent.bootstrap.slack import slack_of
from agent.bootstrap.teams import owners_of, policy_of, rota_of
from agent.bootstrap.toolbox import Toolbox
from agent.config import Config
from agent.correlate.correlator import Correlator
from agent.domain.incident import Incident
from agent.domain.job import Lease
from agent.graph.act import Act
from agent.graph.build import build_graph
from agent.graph.context import Context, Sources
from agent.ingest import changes
from agent.ingest.senders import PARSERS
from agent.notify.dispatcher import Dispatcher
from agent.ports import Clock, Memory, Model, Tool
from agent.service import Service
from agent.service.asides import Asides
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
from agent.storage.approvals import SqlApprovals
from agent.storage.changes import SqlChanges
from agent.storage.duties import Duty
from agent.storage.fencing import Fenced
from agent.storage.incidents import SqlIncidents
from agent.storage.journal import SqlJournal
from agent.storage.lessons import SqlLessons
from agent.telemetry import Meters
from agent.views import Views
from tools.base import BackendError, Topology
from tools.observe.window import Window


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What was opened for an installation, and is closed after it."""

    record: Record
    memory: Memory | None
    model: Model | None
    clients: Clients
    mcp: McpTools | None
    identity: Identity
    meters: Meters


def assembled(settings: Settings, config: Config, opened: Opened, replaced: Replaced) -> Application:
    record, clock = opened.record, opened.record.chain.clock
    sources = replaced.sources or sources_of(opened.clients, config, SqlChanges(record.database))
    context = _context(settings, config, opened, sources, replaced)
    toolbox = _toolbox(settings, opened, sources, replaced.tools)
    correlator = replaced.correlator or Correlator(partial(sortable_id, "inc"))
    service = _service(config, record, context, toolbox, rota=rota_of(settings, config), correlator=correlator)
    hushed = service.silencing.hushed
    side = slack_of(settings, config, record, service.silencing)
    slack, more = (side.channel, [side.rounds.round]) if side else (None, [])
    channels = replaced.channels
    if channels is None:
        channels = channels_of(settings, config, record, opened.clients.jira, slack, hushed=hushed)
    return Application(
        settings=settings,
        config=config,
        service=service,
        views=Views(record.database, clock),
        queue=record.queue,
        clock=clock,
        identity=opened.identity,
        record=record,
        dispatcher=Dispatcher(record.journal, channels, clock, partial(record.duties.has, Duty.TELL), more),
        sources=sources,
        meters=opened.meters,
        slack=slack,
        mcp=opened.mcp,
    )


def _service(
    config: Config, record: Record, context: Context, toolbox: Toolbox, *, rota: Rota, correlator: Correlator
) -> Service:
    graph = build_graph(record.checkpoints)
    placement = _placement(config, record, context, correlator)
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
        asides=Asides(record.database, record.chain, placement.wake),
        runs=Runs(record.database, graph, partial(_for_run, record, context, toolbox)),
        people=People(record.database, record.chain, record.queue, record.approvers),
        regrouping=Regrouping(
            record.database,
            record.chain,
            record.queue,
            new_id=partial(sortable_id, "inc"),
            rules=config.correlation,
            owners=owners_of(config),
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


def _placement(config: Config, record: Record, context: Context, correlator: Correlator) -> Placement:
    return Placement(
        database=record.database,
        chain=record.chain,
        queue=record.queue,
        correlator=correlator,
        rules=config.correlation,
        inhibit=config.inhibit,
        owners=owners_of(config),
        calendar=config.maintenance,
        topology=partial(_known_topology, context.sources, context.clock),
        mine=partial(record.duties.has, Duty.PLACE),
    )


def _toolbox(settings: Settings, opened: Opened, sources: Sources, more: Sequence[Tool]) -> Toolbox:
    return Toolbox(
        sources=sources,
        runbooks=settings.runbooks,
        cluster=opened.clients.cluster,
        datadog=opened.clients.datadog,
        jira=opened.clients.jira,
        jira_project=settings.jira_project,
        more=more,
        foreign=opened.mcp.tools if opened.mcp else tuple,
    )


def _context(settings: Settings, config: Config, opened: Opened, sources: Sources, replaced: Replaced) -> Context:
    record, clock = opened.record, opened.record.chain.clock
    executors = replaced.executors
    if executors is None:
        executors = executors_of(config, opened.clients.cluster, opened.mcp)
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
        model=opened.model,
        memory=opened.memory,
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
