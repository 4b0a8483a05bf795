"""A recorded case behind the protocols of production."""

import json
import lzma
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools.base import BackendError, Change, LogLine, LogSearch, Series, Topology
from tools.clients.recorded import RecordedLogs, RecordedMetrics, recorded

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def om(name: str, values: list[float], begin: datetime = T0, pod: str = "a") -> str:
    rows = [
        f'{name}{{pod="{pod}"}} {value} {(begin + place * MINUTE).timestamp()}' for place, value in enumerate(values)
    ]
    return "\n".join([f"# TYPE {name} gauge", *rows, "# EOF", ""])


def points(series: list[Series]) -> list[tuple[str, dict[str, str], list[tuple[float, float]]]]:
    """Name, labels and (minutes after T0, value)."""
    begin = T0.timestamp()
    return [
        (one.name, dict(one.labels), [((t - begin) / 60, v) for t, v in zip(one.times, one.values, strict=True)])
        for one in series
    ]


async def test_queries_are_answered_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "m.om").write_text(om("load", [1, 2, 3]))
    metrics = RecordedMetrics(tmp_path / "m.om")
    assert points(await metrics.query("load * 10", T0 + MINUTE)) == [("", {"pod": "a"}, [(1, 20)])]
    assert points(await metrics.query_range("load", T0, T0 + 2 * MINUTE, MINUTE)) == [
        ("load", {"pod": "a"}, [(0, 1), (1, 2), (2, 3)])
    ]
    assert await metrics.metadata() == {"load": "gauge"}
    assert await metrics.series(["load"], T0 + MINUTE, T0 + MINUTE) == [{"__name__": "load", "pod": "a"}]
    assert await metrics.series(["load"], T0 + 3 * MINUTE, T0 + 9 * MINUTE) == []


async def test_an_error_names_the_query(tmp_path: Path) -> None:
    (tmp_path / "m.om").write_text(om("load", [1]))
    metrics = RecordedMetrics(tmp_path / "m.om")
    with pytest.raises(BackendError, match=r"'predict_linear\(load\[5m\], 1\)': unsupported .*predict_linear"):
        await metrics.query("predict_linear(load[5m], 1)", T0)
    with pytest.raises(BackendError, match=r"'sum\(load': parse error"):
        await metrics.query("sum(load", T0)
    with pytest.raises(BackendError, match="the end is before the start"):
        await metrics.query_range("load", T0, T0 - MINUTE, MINUTE)


async def test_all_times_can_be_shifted(tmp_path: Path) -> None:
    (tmp_path / "m.om").write_text(om("load", [1]))
    metrics = RecordedMetrics(tmp_path / "m.om", shift=timedelta(days=2, milliseconds=1))
    assert await metrics.query("load", T0) == []
    assert points(await metrics.query("load", T0 + timedelta(days=2, minutes=1)))[0][2] == [(2 * 1440 + 1, 1)]


async def test_from_a_moment_on_a_second_recording_answers(tmp_path: Path) -> None:
    (tmp_path / "ill.om").write_text(om("load", [9, 9, 9, 9, 9]).replace("# EOF\n", "") + om("gone", [1, 1, 1, 1, 1]))
    (tmp_path / "healed.om").write_text(om("load", [5, 1, 0], begin=T0 + timedelta(days=1)))
    metrics = RecordedMetrics(tmp_path / "ill.om")
    metrics.extend(tmp_path / "healed.om", T0 + 2 * MINUTE)
    assert points(await metrics.query_range("load", T0, T0 + 4 * MINUTE, MINUTE)) == [
        ("load", {"pod": "a"}, [(0, 9), (1, 9), (2, 5), (3, 1), (4, 0)])
    ]
    assert await metrics.query("gone", T0 + 10 * MINUTE) == []


async def test_the_moment_that_corresponds_can_be_named(tmp_path: Path) -> None:
    begin = T0 + timedelta(days=1)
    (tmp_path / "ill.om").write_text(om("load", [9, 9, 9]))
    (tmp_path / "healed.om").write_text(om("load", [5, 1, 0], begin=begin))
    metrics = RecordedMetrics(tmp_path / "ill.om")
    metrics.extend(tmp_path / "healed.om", T0 + 2 * MINUTE, origin=begin + MINUTE)
    assert points(await metrics.query_range("load", T0, T0 + 3 * MINUTE, MINUTE))[0][2] == [
        (0, 9),
        (1, 9),
        (2, 1),
        (3, 0),
    ]


def logs(path: Path, *records: dict[str, object]) -> Path:
    path.write_bytes(lzma.compress("".join(json.dumps(record) + "\n" for record in records).encode()))
    return path


async def test_logs_are_searched_newest_first(tmp_path: Path) -> None:
    path = logs(
        tmp_path / "logs.jsonl.xz",
        {"ts": T0.timestamp(), "service": "cart", "level": "INFO", "message": "one"},
        {"ts": (T0 + MINUTE).isoformat(), "service": "cart", "level": "error", "message": "two (a)", "pod": "p"},
        {"ts": (T0 + 2 * MINUTE).timestamp(), "service": "mail", "level": "error", "message": "three (a)"},
    )
    source = RecordedLogs(path)
    page = await source.search(LogSearch(T0, T0 + 2 * MINUTE))
    assert page.lines == (
        LogLine(T0 + MINUTE, "cart", "two (a)", "error", pod="p"),
        LogLine(T0, "cart", "one", "info"),
    )
    page = await source.search(
        LogSearch(T0, T0 + 3 * MINUTE, services=("cart", "mail"), levels=("error",), text="(a)", limit=1)
    )
    assert ([line.message for line in page.lines], page.total, page.truncated) == (["three (a)"], 2, True)
    assert "(a)" in page.query


async def test_logs_go_on_with_a_second_recording(tmp_path: Path) -> None:
    ill = logs(tmp_path / "a.xz", *({"ts": (T0 + n * MINUTE).timestamp(), "message": f"ill {n}"} for n in range(4)))
    well = logs(tmp_path / "b.xz", *({"ts": n * 60, "message": f"well {n}"} for n in range(2)))
    source = RecordedLogs(ill)
    source.extend(well, T0 + 2 * MINUTE)
    page = await source.search(LogSearch(T0, T0 + 9 * MINUTE))
    assert [(line.message, line.at) for line in page.lines] == [
        ("well 1", T0 + 3 * MINUTE),
        ("well 0", T0 + 2 * MINUTE),
        ("ill 1", T0 + MINUTE),
        ("ill 0", T0),
    ]


async def test_a_case_folder_gives_what_it_has_and_its_set_gives_the_rest(tmp_path: Path) -> None:
    case = tmp_path / "set" / "case"
    case.mkdir(parents=True)
    (case / "metrics.om.xz").write_bytes(lzma.compress(om("load", [1, 2]).encode()))
    (case / "changes.json").write_text(
        json.dumps([{"at": T0.timestamp(), "service": "cart", "kind": "deploy", "summary": "v2", "source": "ci"}])
    )
    (case.parent / "topology.json").write_text(
        json.dumps(
            {
                "nodes": [
                    {"id": "cart", "type": "Service"},
                    {"id": "cart-0", "type": "Service_Instance"},
                    {"id": "n1", "type": "Host"},
                ],
                "edges": [
                    {"source": "cart", "target": "cart-0"},
                    {"source": "cart-0", "target": "n1"},
                    {"source": "n1", "target": "cart-0"},
                ],
            }
        )
    )
    found = recorded(case, step=timedelta(minutes=10))
    assert found.logs is None
    assert found.metrics is not None
    assert points(await found.metrics.query("load", T0 + 15 * MINUTE))[0][2] == [(15, 2)]
    assert await found.changes.between(T0, T0) == [Change(T0, "cart", "deploy", "v2", "ci")]
    assert await found.topology.topology(T0) == Topology(
        frozenset({"cart", "cart-0", "n1"}),
        frozenset({("cart", "cart-0"), ("cart-0", "n1")}),
        {"cart": "service", "cart-0": "service_instance", "n1": "host"},
    )


async def test_plain_graphs_and_their_hosts_are_read(tmp_path: Path) -> None:
    (tmp_path / "topology.json").write_text(
        json.dumps({"nodes": ["web", "cart"], "edges": [["web", "cart"]], "hosts": {"cart": "10.0.0.1"}})
    )
    found = recorded(tmp_path)
    assert (found.metrics, await found.changes.between(T0, T0)) == (None, [])
    assert await found.topology.topology(T0) == Topology(
        frozenset({"web", "cart", "10.0.0.1"}),
        frozenset({("web", "cart"), ("cart", "10.0.0.1")}),
        {"10.0.0.1": "host"},
    )


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (
            "logs.jsonl",
            '{"message": "no time"}',
            "logs.jsonl: 1 of its 1 lines cannot be read, the first on line 1: Key",
        ),
        (
            "logs.jsonl",
            '{"ts": 1}\n' * 8 + '\n{"ts": 1, "mess',
            "1 of its 9 lines cannot be read, the first on line 10: ",
        ),
        ("changes.json", '[{"service": "cart"}]', "changes.json: something in it is missing"),
        ("topology.json", '{"nodes": ["cart"]}', "topology.json: something in it is missing"),
        ("topology.json", "[]", "topology.json: something in it is missing"),
    ],
)
def test_a_part_of_a_case_that_is_not_what_it_should_be_is_named(
    tmp_path: Path, name: str, content: str, why: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BackendError, match=why):
        recorded(tmp_path)
