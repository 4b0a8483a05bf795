"""Is it refused to listen where others can reach it, before anything is opened, while nobody has a key?"""

from pathlib import Path

import pytest

from agent.bootstrap import bootstrap
from agent.bootstrap.listening import require_leave_to_listen
from agent.domain.errors import ConfigurationError
from agent.entrypoints.cli.frame import run
from agent.settings import Settings


def settings(data: Path, host: str) -> Settings:
    return Settings.model_validate({"data": data, "host": host})


@pytest.mark.parametrize("command", [["serve"], ["web"], ["worker", "--port", "0"]])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "agent.example"])
def test_without_a_key_it_says_one_sentence_and_leaves_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], host: str
) -> None:
    code = run([*command, "--host", host, "--data", str(tmp_path / "data")])

    told = capsys.readouterr()
    refusal = (
        f"No keys are set up, so it listens on 127.0.0.1 alone, not on {host}: run `incident-agent keys create` first."
    )
    assert (code, told.out, told.err.splitlines()) == (1, "", [refusal])
    assert list(tmp_path.iterdir()) == []


async def test_a_persons_key_opens_it_and_the_local_operators_or_a_revoked_one_does_not(tmp_path: Path) -> None:
    here, anywhere = settings(tmp_path, "127.0.0.1"), settings(tmp_path, "0.0.0.0")
    async with bootstrap(here) as application:
        assert application.identity.local_operator
        with pytest.raises(ConfigurationError, match="No keys are set up"):
            require_leave_to_listen(anywhere)
        minted = await application.identity.keys.create("anne", "person", ["read"])
        require_leave_to_listen(anywhere)
        await application.identity.keys.revoke(minted.key.id)
    with pytest.raises(ConfigurationError, match="No keys are set up"):
        require_leave_to_listen(anywhere)


def test_a_record_that_cannot_be_reached_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "agent.db").write_bytes(b"no database " * 1000)

    with pytest.raises(ConfigurationError, match="The record cannot be read"):
        require_leave_to_listen(settings(tmp_path, "0.0.0.0"))
