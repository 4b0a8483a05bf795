"""The two independent servers that speak Elasticsearch's API: one of its version 8, one of OpenSearch."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import pytest

from tests.farends.ports import free_port
from tests.farends.sealed import sealed


@contextmanager
def search_server(name: str) -> Iterator[str]:
    """The address of an empty `noida` (Elasticsearch 8) or `osmem` (OpenSearch)."""
    port = free_port()
    with sealed(_command(name, port), port) as address:
        yield address


def _command(name: str, port: int) -> list[str]:
    try:
        if name == "noida":
            binary = str(files("noida_db") / "noida-db")
            options = ["start", "--only", "elasticsearch", "--elasticsearch-port", str(port), "--data-dir", "data"]
            return [binary, *options]
        binary = str(files("osmem_server") / "bin" / "osmem-server")
    except ModuleNotFoundError as error:
        pytest.skip(f"{error.name} is not installed; get it with: make setup")
    return [binary, "-addr", f"127.0.0.1:{port}", "-no-stdin-watch"]
