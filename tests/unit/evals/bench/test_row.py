import pytest

from evals.bench.row import Row, in_turn, machine


async def test_ours_and_the_reference_are_measured_in_turn() -> None:
    order: list[str] = []

    async def ours() -> float:
        order.append("ours")
        return float(len(order))

    async def reference() -> float:
        order.append("reference")
        return float(len(order))

    row = await in_turn("intake", "alerts/s", 3, ours, reference)

    assert order == ["ours", "reference"] * 3
    assert row == Row("intake", "alerts/s", (1.0, 3.0, 5.0), (2.0, 4.0, 6.0))


def test_a_row_tells_the_medians_their_ratio_and_every_run() -> None:
    row = Row("start", "s", (9.0, 1.0, 2.000049), (1.0, 0.5, 3.0))

    assert row.told("a machine") == {
        "name": "start",
        "value": 2.0,
        "unit": "s",
        "reference": 1.0,
        "ratio": 2.0,
        "runs": 3,
        "machine": "a machine",
        "values": [9.0, 1.0, 2.0],
        "references": [1.0, 0.5, 3.0],
    }


async def test_a_run_that_fails_is_no_figure() -> None:
    async def broken() -> float:
        raise RuntimeError("it did not start")

    with pytest.raises(RuntimeError, match="it did not start"):
        await in_turn("start", "s", 2, broken, broken)


def test_the_machine_is_named_by_processor_cores_and_python() -> None:
    processor, cores, system, python = machine().rsplit(", ", 3)

    assert processor
    assert cores.endswith(" cores")
    assert system
    assert python.startswith(("CPython 3.", "PyPy 3."))
