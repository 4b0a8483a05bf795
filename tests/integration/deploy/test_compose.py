import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.system import program

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services as Compose itself understands them, every profile included, on a machine where nothing is set."""
    told = subprocess.run(
        [_compose(), "--profile", "monitoring", "config", "--format", "json"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stderr == ""
    found: dict[str, Any] = json.loads(told.stdout)["services"]
    return found


def test_the_services_are_those_of_the_scaled_out_deployment(services: dict[str, Any]) -> None:
    assert sorted(services) == [
        "alertmanager",
        "chroma",
        "migrate",
        "nginx",
        "postgres",
        "prometheus",
        "redis",
        "secrets",
        "web",
        "worker",
    ]


def test_only_the_load_balancer_and_prometheus_can_be_reached_and_from_this_machine_alone(
    services: dict[str, Any],
) -> None:
    published = {
        name: [(port["host_ip"], port["published"]) for port in service["ports"]]
        for name, service in services.items()
        if "ports" in service
    }
    assert published == {"nginx": [("127.0.0.1", "8080")], "prometheus": [("127.0.0.1", "9090")]}


def test_what_keeps_data_is_on_the_inner_network_alone(services: dict[str, Any]) -> None:
    assert {name: sorted(services[name]["networks"]) for name in ("postgres", "redis", "chroma")} == {
        "postgres": ["inner"],
        "redis": ["inner"],
        "chroma": ["inner"],
    }


def test_the_agents_containers_cannot_write_beside_their_data_nor_gain_rights(services: dict[str, Any]) -> None:
    ours = ("web", "worker", "migrate", "chroma")
    assert {
        name: (
            services[name]["read_only"],
            services[name]["cap_drop"],
            services[name]["security_opt"],
            services[name].get("privileged", False),
            services[name].get("user", "the image's"),
        )
        for name in ours
    } == dict.fromkeys(ours, (True, ["ALL"], ["no-new-privileges:true"], False, "the image's"))


def test_no_secret_stands_in_the_file(services: dict[str, Any]) -> None:
    given = {key: value for service in services.values() for key, value in service.get("environment", {}).items()}
    assert {
        key: value
        for key, value in given.items()
        if value and any(word in key for word in ("KEY", "TOKEN", "SECRET", "PASSWORD")) and not key.endswith("_FILE")
    } == {}


def test_every_file_that_is_mounted_is_in_the_project(services: dict[str, Any]) -> None:
    mounted = {
        Path(volume["source"]).relative_to(ROOT).as_posix()
        for service in services.values()
        for volume in service.get("volumes", [])
        if volume["type"] == "bind"
    }
    assert sorted(path for path in mounted if not (ROOT / path).is_file()) == []


def test_the_shared_secrets_are_made_once_and_fit_each_other(tmp_path: Path) -> None:
    def make() -> dict[str, str]:
        subprocess.run(["sh", ROOT / "deploy/make-secrets.sh", tmp_path], check=True, timeout=60)
        return {path.name: path.read_text() for path in tmp_path.iterdir()}

    first, second = make(), make()
    assert first == second
    postgres, redis = first["POSTGRES_PASSWORD"], first["REDIS_PASSWORD"]
    assert first == {
        "AGENT_SECRET_KEY": first["AGENT_SECRET_KEY"],
        "POSTGRES_PASSWORD": postgres,
        "REDIS_PASSWORD": redis,
        "AGENT_DATABASE_URL": f"postgresql://agent:{postgres}@postgres:5432/agent",
        "AGENT_REDIS_URL": f"redis://:{redis}@redis:6379/0",
        "redis.conf": f"requirepass {redis}\ndir /data\nappendonly yes\nmaxmemory 256mb\nmaxmemory-policy noeviction\n",
    }
    assert {len(first[name]) for name in ("AGENT_SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD")} == {64}
    assert len({first["AGENT_SECRET_KEY"], postgres, redis}) == 3


def _compose() -> str:
    return program("docker-compose", "make check, which installs it into .venv")
