"""How does Slack come to know of an incident? Its side of what is configured, put together."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.bootstrap.record import Record
from agent.config import Config
from agent.domain.evidence import Evidence
from agent.domain.hypothesis import Usage
from agent.domain.incident import Incident
from agent.domain.quiet import QuietHours
from agent.notify import charts
from agent.notify.errands import Errands
from agent.notify.outbound import careful
from agent.notify.render_slack import Card, Seen, Words
from agent.notify.slack import SlackChannel
from agent.notify.slack_api import Picture, SlackApi
from agent.notify.slack_messages import Messages
from agent.notify.slack_rounds import SlackRounds, Suppressed
from agent.policy.redaction import Redactor
from agent.service.silencing import Silencing
from agent.settings import Settings
from agent.views import PAGE, Views


@dataclass(frozen=True)
class SlackSide:
    channel: SlackChannel
    rounds: SlackRounds


def slack_of(settings: Settings, config: Config, record: Record, silencing: Silencing) -> SlackSide | None:
    """None when there is no token. `silencing`: of what is nobody to be told now?"""
    if settings.slack_bot_token is None:
        return None
    clock, rules = record.chain.clock, config.slack
    pseudonyms = secrets.token_bytes(32)
    words = Words(careful(lambda text: Redactor(pseudonyms).abstract(text)))
    views = Views(record.database, clock)
    api = SlackApi(settings.slack_bot_token.get_secret_value(), clock, base_url=settings.slack_api_url)
    errands = Errands(SlackChannel.name, "message", record.ledger, clock)

    def channel(incident: Incident) -> str:
        team = config.teams.get(incident.team)
        return (team.slack_channel if team else "") or rules.channel

    def quiet(incident: Incident) -> QuietHours | None:
        return rules.team_quiet.get(incident.team, rules.quiet)

    slack = SlackChannel(
        api,
        errands,
        lambda incident: _seen(views, incident),
        views.timeline,
        clock=clock,
        card=Card(
            words, settings.url.rstrip("/"), answered=bool(settings.slack_app_token or settings.slack_signing_secret)
        ),
        words=words,
        channel=channel,
        quiet=quiet,
        picture=lambda seen: _picture(views, seen, words),
        hushed=silencing.hushed,
    )
    rounds = SlackRounds(
        slack,
        Messages(api, errands),
        clock,
        words=words,
        opened_since=lambda since: _opened_since(views, since),
        suppressed=lambda since: _suppressed(views, since),
        was_hushed=silencing.was_hushed,
        hours=[one for one in (rules.quiet, *rules.team_quiet.values()) if one],
        daily=rules.digest,
        home=rules.channel,
    )
    return SlackSide(slack, rounds)


async def _seen(views: Views, incident: str) -> Seen:
    known = await views.outline(incident)
    return Seen(
        incident=known.incident,
        diagnosis=next((run.diagnosis for run in reversed(known.runs) if run.diagnosis), None),
        usage=sum((run.usage for run in known.runs if run.usage), Usage()),
        approvals=known.approvals,
    )


async def _picture(views: Views, seen: Seen, words: Words) -> Picture | None:
    evidence = (await views.incident(seen.incident.id)).evidence
    return await asyncio.to_thread(_drawn, seen, evidence, words)


def _drawn(seen: Seen, evidence: Sequence[Evidence], words: Words) -> Picture | None:
    """The first series that the diagnosis cites."""
    by_id = {one.id: one for one in evidence}
    cited = [id_ for claim in (seen.diagnosis.claims if seen.diagnosis else ()) for id_ in claim.evidence]
    drawn = (charts.chart_of(by_id[id_], seen.incident.opened_at) for id_ in cited if id_ in by_id)
    chart = next((one for one in drawn if one), None)
    if chart is None:
        return None
    shown = chart.model_copy(update={"title": words.plain(chart.title)})
    return Picture(title=shown.title, said=words.plain(charts.said(shown)), png=charts.png(shown))


async def _opened_since(views: Views, since: datetime) -> Sequence[Incident]:
    found = (await views.incidents(limit=PAGE)).incidents
    return [one for one in reversed(found) if one.opened_at >= since]


async def _suppressed(views: Views, since: datetime) -> Suppressed:
    noise = await views.noise(since)
    noisiest = tuple((one.name, one.fates) for one in noise.noisiest)
    return Suppressed(alerts=noise.alerts, incidents=noise.incidents, fates=noise.fates, noisiest=noisiest)
