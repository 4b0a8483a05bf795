"""Does a chart show what was measured, in both forms and themes, whatever its title says?"""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest

from agent.domain.evidence import CallGraph, Curve, Evidence, EvidenceKind
from agent.notify.charts import HEIGHT, MOST_POINTS, WIDTH, Chart, Theme, chart_of, png, said, svg

BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def _chart(title: str = "latency of payment", points: int = 60) -> Chart:
    course = tuple((BEGAN.timestamp() + 15 * at, 2.0 if at > points * 2 / 3 else 0.125) for at in range(points))
    return Chart(
        title=title,
        unit="s",
        points=course,
        onset=BEGAN + timedelta(minutes=10),
        alert_at=BEGAN + timedelta(minutes=12),
    )


def _texts(drawn: bytes) -> list[str]:
    return [text for one in ET.fromstring(drawn).iter() if (text := (one.text or "").strip())]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_svg_says_title_times_units_onset_and_alert(theme: Theme) -> None:
    told = _texts(svg(_chart(), theme))
    assert {"latency of payment", "│ alert 03:12:00", "┆ onset 03:10:00", "03:05", "0 s", "1.2 s"} <= {*told}


def test_the_same_chart_is_the_same_bytes() -> None:
    first = svg(_chart())
    svg.cache_clear()
    assert svg(_chart()) == first


def test_a_png_has_the_promised_shape() -> None:
    drawn = png(_chart())
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(drawn[16:20], "big"), int.from_bytes(drawn[20:24], "big")) == (2 * WIDTH, 2 * HEIGHT)


@pytest.mark.attack("S55")
def test_a_hostile_title_is_text_on_one_line() -> None:
    hostile = "</title><script>alert(1)</script>\n$\\frac{1}{0}$ \x1b[31m\u202e]]>&lt;" + "x" * 500
    told = [text for text in _texts(svg(_chart(hostile))) if "script" in text]
    assert told == ["</title><script>alert(1)</script> $\\frac{1}{0}$ ]]>&lt;xxxxxxxx…"]
    assert b"<script" not in svg(_chart(hostile))


def test_more_points_than_can_be_seen_are_not_drawn() -> None:
    few, many = (len(svg(_chart(points=points))) for points in (MOST_POINTS, 20 * MOST_POINTS))
    assert many < 1.5 * few


def test_one_point_and_all_noughts_can_be_drawn() -> None:
    assert _texts(svg(Chart(title="errors", points=((BEGAN.timestamp(), 0.0),))))


def test_a_chart_is_drawn_of_what_is_stored_with_the_evidence() -> None:
    curve = Curve(name="latency", unit="s", points=((BEGAN.timestamp(), 0.125),), onset=BEGAN)
    evidence = Evidence(
        id="e1",
        kind=EvidenceKind.METRIC,
        source="analysis",
        query="up",
        entity="cart",
        summary="It rose.",
        picture=curve,
    )
    drawn = Chart(title="latency of cart", unit="s", points=curve.points, onset=BEGAN, alert_at=BEGAN)
    assert chart_of(evidence, BEGAN) == drawn
    others = (None, CallGraph(calls=(("a", "b"),)), curve.model_copy(update={"points": ()}))
    assert [chart_of(evidence.model_copy(update={"picture": one})) for one in others] == [None, None, None]


def test_what_is_drawn_is_also_said() -> None:
    assert said(_chart()) == (
        "latency of payment from 03:00 to 03:14 UTC: 125 ms at first, between 125 ms and 2 s, 2 s at last; "
        "onset 03:10:00; alert 03:12:00."
    )
