"""Do the reading back ends get what the configuration says that they want?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.bootstrap.backends import log_back_ends, open_clients
from agent.config import Config
from agent.domain.errors import ConfigurationError
from agent.entrypoints.cli.checks.finding import State
from agent.entrypoints.cli.checks.run import findings
from agent.entrypoints.cli.checks.sources import loki as doctor
from agent.settings import Settings
from agent.soundness import require_sound
from tests.farends.loki import loki
from tools.base import LogSearch
from tools.clients.loki import Loki, nanoseconds

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CONFIG = "back_ends: {loki_headers: {X-Scope-OrgID: SHOP_TENANT}, loki_service_label: app}\n"


def _settings(folder: Path, config: str, **more: str) -> Settings:
    (folder / "agent.yaml").write_text(config)
    return Settings.model_validate({"config_file": folder / "agent.yaml", **more})


async def test_headers_and_labels_are_sent_as_configured_also_by_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TENANT", "shop")
    async with loki(now=lambda: nanoseconds(T0 + 9 * SECOND)) as server:
        server.tenants = True
        server.store.push({"app": "cart"}, [(nanoseconds(T0), "GET / 500", {})])
        settings = _settings(tmp_path, CONFIG, loki_url=server.url)
        [logs] = log_back_ends(settings, settings.config())
        page = await logs.search(LogSearch(T0, T0 + SECOND, services=("cart",)))
        found = await doctor(settings)
        assert isinstance(logs, Loki)
        await logs.close()

    assert ([line.service for line in page.lines], found.state) == (["cart"], State.OK)


async def test_every_client_is_closed_at_the_end(tmp_path: Path) -> None:
    async with loki(now=lambda: nanoseconds(T0 + 9 * SECOND)) as server:
        settings = _settings(tmp_path, "{}\n", loki_url=server.url, prometheus_url=server.url)
        async with open_clients(settings, settings.config()) as clients:
            await clients.logs[0].search(LogSearch(T0, T0 + SECOND))
        with pytest.raises(RuntimeError, match="closed"):
            await clients.logs[0].search(LogSearch(T0, T0 + SECOND))


async def test_a_header_whose_variable_is_not_set_is_told_at_the_start_and_by_doctor(tmp_path: Path) -> None:
    says = "AGENT_CONFIG: back_ends: SHOP_TENANT is not set, which is to be sent as X-Scope-OrgID"
    settings = _settings(tmp_path, CONFIG, loki_url="http://localhost:3100")
    with pytest.raises(ConfigurationError, match=says):
        require_sound(settings)
    assert [one.says for one in await findings(settings) if one.name == "loki"] == [says]
    require_sound(_settings(tmp_path, CONFIG))


async def test_times_of_log_files_that_name_no_zone_are_of_the_configured_one(tmp_path: Path) -> None:
    (tmp_path / "cart.log").write_text("2026-03-01 13:00:00 ERROR no connection\n")
    config = Config.model_validate({"log_files": {"paths": [str(tmp_path / "*.log")], "zone": "Europe/Berlin"}})
    [logs] = log_back_ends(Settings.model_validate({}), config)

    page = await logs.search(LogSearch(T0, T0 + SECOND))
    assert [(line.at, line.service) for line in page.lines] == [(T0, "cart")]
