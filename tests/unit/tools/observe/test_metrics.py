"""What the metric tools tell a model."""

from pathlib import Path

import pytest

from tests.unit.tools.observe.telemetry import ALERT, MINUTE, NOW, WINDOW, metrics
from tools.base import ToolResult
from tools.observe.metrics import metrics_tools
from tools.wrap import Toolbox


@pytest.fixture
def box(tmp_path: Path) -> Toolbox:
    return Toolbox(metrics_tools(metrics(tmp_path), WINDOW))


async def test_one_moment_gives_one_value_a_series_the_largest_first(box: Toolbox) -> None:
    assert await box.call("query_metrics", {"promql": "latency_seconds", "minutes_after_alert": -5}) == ToolResult(
        ok=True,
        text=(
            "2 series at 2026-03-01 11:55:00Z (5 min before the alert).\n"
            'latency_seconds{service="mail"} = 0.2\n'
            'latency_seconds{service="cart"} = 0.1'
        ),
        query="latency_seconds @ 2026-03-01T11:55:00Z",
        data=[
            {"series": 'latency_seconds{service="mail"}', "value": 0.2},
            {"series": 'latency_seconds{service="cart"}', "value": 0.1},
        ],
        entities=("mail", "cart"),
        starts_at=ALERT - 5 * MINUTE,
        ends_at=ALERT - 5 * MINUTE,
    )


async def test_a_range_is_told_as_before_and_after_the_biggest_change_first(box: Toolbox) -> None:
    result = await box.call("query_metrics_range", {"promql": "latency_seconds", "minutes_before": 30})
    assert result.text == (
        "2 series from 2026-03-01 11:30:00Z (30 min before the alert) "
        "to 2026-03-01 12:10:00Z (10 min after the alert); before and after the alert:\n"
        'latency_seconds{service="cart"}: before 0.1, after 0.9 (9 times); first 0.1, last 0.9, '
        "lowest 0.1 at 11:30:00Z, highest 0.9 at 12:00:00Z\n"
        'latency_seconds{service="mail"}: before 0.2, after 0.2 (no change); first 0.2, last 0.2, '
        "lowest 0.2 at 11:30:00Z, highest 0.2 at 11:30:00Z"
    )
    assert result.query == "latency_seconds from 2026-03-01T11:30:00Z to 2026-03-01T12:10:00Z step 20s"
    assert (result.entities, result.starts_at, result.ends_at) == (("cart", "mail"), ALERT - 30 * MINUTE, NOW)
    assert isinstance(result.data, list)
    first = result.data[0]
    assert isinstance(first, dict)
    assert isinstance(first["points"], list)
    assert (first["before"], first["after"], len(first["points"])) == (0.1, 0.9, 24)


async def test_a_query_that_is_not_promql_is_a_result_that_says_so(box: Toolbox) -> None:
    result = await box.call("query_metrics_range", {"promql": "sum(up", "minutes_before": 60})
    assert (result.ok, result.text, result.query) == (
        False,
        "query_metrics_range 'sum(up': parse error, unclosed left parenthesis",
        "sum(up from 2026-03-01T11:00:00Z to 2026-03-01T12:10:00Z step 35s",
    )


@pytest.mark.parametrize("promql", ['{__name__=~".+"}', 'rate({__name__=~".*x|.+"}[5m])', "up[1y]"])
@pytest.mark.attack("S44")
async def test_a_query_for_everything_is_refused(box: Toolbox, promql: str) -> None:
    result = await box.call("query_metrics", {"promql": promql})
    assert (result.ok, result.data) == (False, None)


async def test_an_empty_answer_says_how_to_find_what_there_is(box: Toolbox) -> None:
    result = await box.call("query_metrics", {"promql": "nothing"})
    assert (result.ok, result.entities) == (True, ())
    assert result.text.startswith("No series (list_metrics tells")


async def test_labels_that_the_query_invents_name_no_component(box: Toolbox) -> None:
    result = await box.call("query_metrics", {"promql": 'absent(latency_seconds{service="payments"})'})
    assert (result.ok, result.entities) == (True, ())
    assert 'service="payments"' in result.text


@pytest.mark.attack("S12")
async def test_what_a_label_hides_from_the_eye_is_written_out(box: Toolbox) -> None:
    result = await box.call("query_metrics", {"promql": "queue_length"})
    assert 'queue_length{host="n1",path="a\\x1b[31mb"} = 3' in result.text


async def test_metrics_are_listed_by_a_part_of_their_name_and_a_label(box: Toolbox) -> None:
    result = await box.call("list_metrics", {"contains": "latency", "label": "service"})
    assert result.text == "1 metrics, 2 series.\nlatency_seconds (gauge, 2 series) service: cart, mail"
    assert result.data == [
        {"name": "latency_seconds", "type": "gauge", "series": 2, "labels": {"service": ["cart", "mail"]}}
    ]
    assert result.entities == ("cart", "mail")
    assert result.query.startswith('series {__name__=~".*latency.*",service=~".+"} from ')


async def test_without_anything_to_narrow_it_the_list_asks_for_names_alone(box: Toolbox) -> None:
    result = await box.call("list_metrics", {})
    assert (result.text, result.query) == ("2 metrics.\nlatency_seconds (gauge)\nqueue_length (gauge)", "metadata")


@pytest.mark.parametrize("value", ['cart"} or {__name__=~".+', "a\\", "x\ny", "$(id)"])
@pytest.mark.attack("S04", "S43")
async def test_a_value_that_looks_like_promql_stays_a_value(box: Toolbox, value: str) -> None:
    result = await box.call("list_metrics", {"label": "service", "value": value})
    assert (result.ok, result.text) == (True, "0 metrics, 0 series.")


@pytest.mark.parametrize("label", ["a b", 'x="y"', "x" * 101])
@pytest.mark.attack("S43")
async def test_a_label_name_that_is_none_is_refused(box: Toolbox, label: str) -> None:
    assert not (await box.call("list_metrics", {"label": label})).ok
