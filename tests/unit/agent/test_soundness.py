"""Is what does not fit together told before anything opens, with what to do about it?"""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.domain.errors import ConfigurationError
from agent.settings import Settings
from agent.soundness import doubts, flaws, require_sound

KEY = SecretStr("k")


def _settings(**given: Any) -> Settings:
    return Settings.model_construct(**given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dd_app_key": KEY}, "DD_APP_KEY is set and DD_API_KEY is not. Set DD_API_KEY, or take DD_APP_KEY away."),
        ({"jira_token": KEY}, "JIRA_TOKEN is set and JIRA_URL is not. Set JIRA_URL, or take JIRA_TOKEN away."),
        (
            {"slack_signing_secret": KEY},
            (
                "SLACK_SIGNING_SECRET is set and SLACK_BOT_TOKEN is not. "
                "Set SLACK_BOT_TOKEN, or take SLACK_SIGNING_SECRET away."
            ),
        ),
        (
            {"model": "gpt-5-mini"},
            (
                "AGENT_MODEL is gpt-5-mini and has no key. "
                "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own that needs none."
            ),
        ),
    ],
)
def test_half_a_credential_is_refused_with_the_name_of_the_other_half(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        require_sound(_settings(**given))
    assert str(refused.value) == says


def test_a_place_that_cannot_be_used_is_refused_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = flaws(
        _settings(
            chroma_path=tmp_path / "file" / "memory",
            mcp_pins=tmp_path,
            deletion_list=tmp_path / "none" / "list",
        )
    )
    assert [f"{one.about}: {one.says}" for one in found] == [
        f"memory: AGENT_CHROMA_PATH: {tmp_path}/file is a file",
        f"configuration: AGENT_MCP_PINS: {tmp_path} is a folder",
        f"configuration: AGENT_DELETION_LIST: there is no folder {tmp_path}/none",
    ]


def test_what_is_whole_or_not_there_at_all_is_sound(tmp_path: Path) -> None:
    whole = _settings(
        dd_api_key=KEY,
        dd_app_key=KEY,
        jira_url="https://jira.example",
        jira_token=KEY,
        slack_bot_token=KEY,
        slack_signing_secret=KEY,
        model="openai:qwen3@https://own.example/v1",
        chroma_path=tmp_path / "memory",
        deletion_list=tmp_path / "deleted",
        mcp_pins=tmp_path / "pins",
    )
    assert (list(flaws(_settings())), list(flaws(whole)), list(doubts(_settings()))) == ([], [], [])


def test_a_place_that_cannot_be_looked_at_is_told_as_one_that_is_not_there() -> None:
    unseen = "/" + "n" * 300
    given = _settings(kubeconfig=unseen, deletion_list=Path(unseen) / "list")
    assert [one.says for one in (*flaws(given), *doubts(given))] == [
        f"AGENT_DELETION_LIST: there is no folder {unseen}",
        f"KUBECONFIG: there is no file {unseen}, so that pods, events and rollouts are not looked at",
    ]


def test_slack_may_be_told_of_incidents_with_nobody_answering_there() -> None:
    given = _settings(slack_bot_token=KEY)
    assert ([str(doubt) for doubt in doubts(given)], list(flaws(given))) == (
        [
            (
                "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are not set, so that nobody can click or ask in Slack. "
                "Set one of them beside SLACK_BOT_TOKEN; until then, decide on the page."
            )
        ],
        [],
    )


def test_what_will_not_work_is_told_and_the_rest_goes_on() -> None:
    given = _settings(kubeconfig="/nonexistent/config", journal_anchors=Path("/nonexistent/anchors"), dd_api_key=KEY)
    assert ([str(doubt) for doubt in doubts(given)], list(flaws(given))) == (
        [
            (
                "KUBECONFIG: there is no file /nonexistent/config, so that pods, events and rollouts are not looked "
                "at. Name a kubeconfig, or unset it."
            ),
            (
                "DD_API_KEY is set and DD_APP_KEY is not, so that Datadog is not asked for metrics or logs. "
                "Set DD_APP_KEY if it should be."
            ),
            (
                "AGENT_JOURNAL_ANCHORS: there is no folder /nonexistent, so that nothing is done in the world. "
                "Name a file that the agent may write to."
            ),
        ],
        [],
    )
