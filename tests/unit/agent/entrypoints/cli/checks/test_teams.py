"""Is everything said that is wrong with teams, and nothing of what is right?"""

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.config import Config
from agent.entrypoints.cli.checks.finding import State
from agent.entrypoints.cli.checks.teams import problems, teams
from agent.settings import Settings

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOUND: dict[str, Any] = {
    "default_team": "shop",
    "teams": {
        "shop": {
            "services": ["shelf"],
            "email": "shop@example.org",
            "on_call": "first",
            "escalation": [
                {"after": "PT5M"},
                {"after": "PT15M", "tell": ["team", "team:shop", "person:ann", "schedule:first"]},
            ],
        }
    },
    "schedules": {"first": {"rotations": [{"people": ["ann"], "begins": "2026-01-05"}]}},
    "people": {"ann": {"email": "ann@example.org"}},
    "webhooks": {"chat": {"url": "https://chat.example.org/hook", "secret_env": "CHAT_SECRET"}},
}


def _said(config: dict[str, Any], **settings: Any) -> list[str]:
    given = Settings.model_validate({"smtp_host": "mail.example.org", "smtp_from": "agent@example.org", **settings})
    return [str(problem) for problem in problems(given, Config.model_validate(config), NOW)]


def test_of_what_is_sound_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_SECRET", "s3cret")
    assert _said(SOUND) == []


def test_each_mistake_is_said_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWHERE_SET", raising=False)
    wrong = {
        "teams": {
            "shop": {"services": ["shelf"], "slack_channel": "C1", "webhook": "gone", "on_call": "gone"},
            "data": {
                "services": ["shelf"],
                "matchers": [{"label": "db", "operator": "=~", "value": "("}],
                "pagerduty_key_env": "NOWHERE_SET",
                "escalation": [
                    {"after": "PT5M", "tell": ["on_call", "team:gone", "person:ann", "boss"]},
                    {"after": "PT5M", "tell": ["schedule:gone"]},
                ],
            },
            "mute": {},
        },
        "schedules": {
            "nights": {"rotations": [{"people": ["ann"], "begins": "2026-01-05", "hours": {"end": "10:00"}}]},
            "nobody": {},
        },
        "webhooks": {"chat": {"url": "https://user@chat.example.org/", "secret_env": "NOWHERE_SET"}},
    }
    assert _said(wrong, smtp_from="", smtp_security="none", smtp_password="p") == [
        "default_team: is missing: what nobody owns would go to nobody",
        "teams.data.services: shelf is shop's already, who stand first",
        "teams.shop.slack_channel: needs SLACK_BOT_TOKEN",
        "teams.shop.webhook: there is no webhook gone",
        "teams.shop.on_call: there is no schedule gone",
        'teams.data.matchers: db=~"(" is not a regular expression: missing ) at position 1.',
        "teams.data.pagerduty_key_env: NOWHERE_SET is not set",
        "teams.data.escalation: each step must come later than the one before",
        "teams.data.escalation.0.tell: on_call: the team names no schedule in on_call",
        "teams.data.escalation.0.tell: there is no team gone",
        "teams.data.escalation.0.tell: people has no email of ann",
        "teams.data.escalation.0.tell: boss is none of on_call, team, team:NAME, person:NAME, schedule:NAME",
        "teams.data.escalation.1.tell: there is no schedule gone",
        "teams.mute: hears of nothing: give it slack_channel, email, webhook or pagerduty_key_env",
        "schedules.nights: nobody is on duty at 2026-11-21 12:00 UTC, within the next 14 days",
        "schedules.nobody: names nobody: give it rotations or pagerduty",
        "webhooks.chat.url: https://chat.example.org: an endpoint's address holds neither user nor query nor fragment",
        "webhooks.chat.secret_env: NOWHERE_SET is not set",
        "SMTP_FROM: is missing: mail needs a sender",
        "SMTP_SECURITY: none would send the password in the open: use starttls or tls",
    ]


async def test_doctor_says_how_it_is_mended(tmp_path: Any) -> None:
    file = tmp_path / "agent.yaml"
    file.write_text("teams: {shop: {email: shop@example.org}}\ndefault_team: shop\n")
    off = await teams(Settings.model_validate({}))
    broken = await teams(Settings.model_validate({"config_file": file}))
    sound = await teams(Settings.model_validate({"config_file": file, "smtp_host": "m", "smtp_from": "a@example.org"}))
    assert [off.state, broken.state, sound.state] == [State.OFF, State.BROKEN, State.OK]
    assert (broken.says, broken.mend) == (
        "teams.shop.email: no mail can be sent: set SMTP_HOST and SMTP_FROM",
        "Run: incident-agent teams lint",
    )
