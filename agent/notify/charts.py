"""How does a measured series look? One drawing, as SVG for the page and as PNG for whoever takes no SVG.

It is drawn from what is stored with the incident, so that people see what the agent saw.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Literal

from agent.domain.base import Noun
from agent.domain.evidence import Curve, Evidence
from tools.wording import cut, one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Theme = Literal["light", "dark"]

WIDTH, HEIGHT = 640, 220
"""Pixels of a PNG; an SVG has the same shape."""
MOST_POINTS = 500
"""The newest of more are drawn."""
_TITLE = 64
"""Characters."""
_COLOURS: Mapping[Theme, Mapping[str, str]] = {
    "light": {"ground": "#ffffff", "ink": "#1a2027", "soft": "#5a6673", "line": "#dce1e7", "curve": "#0b57b7"}
    | {"alert": "#b3211b", "onset": "#8a5200"},
    "dark": {"ground": "#191f26", "ink": "#e4e9ee", "soft": "#9aa7b4", "line": "#2c3540", "curve": "#7fb4ff"}
    | {"alert": "#ff938b", "onset": "#ffc56b"},
}
_DRAWING = Lock()
"""matplotlib is not safe to use from several threads at once."""


class Chart(Noun):
    """One series and what happened along it."""

    title: str
    unit: str = ""
    """As `domain.evidence.Curve` has it."""
    points: tuple[tuple[float, float], ...]
    """(Unix seconds, value), ascending; at least one."""
    onset: datetime | None = None
    alert_at: datetime | None = None


def chart_of(evidence: Evidence, alert_at: datetime | None = None) -> Chart | None:
    """What to draw beside a piece of evidence; None when it holds no series."""
    if not isinstance(evidence.picture, Curve) or not evidence.picture.points:
        return None
    seen = evidence.picture
    title = f"{seen.name} of {evidence.entity}" if evidence.entity else seen.name
    return Chart(title=title, unit=seen.unit, points=seen.points, onset=seen.onset, alert_at=alert_at)


@lru_cache(maxsize=256)
def svg(chart: Chart, theme: Theme = "light") -> bytes:
    """UTF-8; the same chart gives the same bytes. Takes tens of milliseconds: not on an event loop."""
    return _drawn(chart, theme, "svg")


@lru_cache(maxsize=64)
def png(chart: Chart, theme: Theme = "light") -> bytes:
    """`WIDTH` by `HEIGHT` pixels, twice as dense. As `svg`."""
    return _drawn(chart, theme, "png")


def said(chart: Chart) -> str:
    """The same in one sentence, for whoever cannot see it."""
    values = [value for _, value in chart.points]
    begin, end = _moment(chart.points[0][0]), _moment(chart.points[-1][0])
    marks = [f"onset {chart.onset:%H:%M:%S}"] if chart.onset else []
    marks += [f"alert {chart.alert_at:%H:%M:%S}"] if chart.alert_at else []
    told = f"{_title(chart)} from {begin:%H:%M} to {end:%H:%M} UTC: {_number(values[0], chart.unit)} at first, "
    told += f"between {_number(min(values), chart.unit)} and {_number(max(values), chart.unit)}, "
    return told + "; ".join([f"{_number(values[-1], chart.unit)} at last", *marks]) + "."


def _drawn(chart: Chart, theme: Theme, kind: Literal["svg", "png"]) -> bytes:
    out = BytesIO()
    with _DRAWING, _settings():
        figure = _figure(chart, _COLOURS[theme])
        # Without a date, so that the same chart is the same bytes.
        figure.savefig(
            out, format=kind, dpi=200 if kind == "png" else 72, metadata={"Date": None} if kind == "svg" else {}
        )
    return out.getvalue()


@contextmanager
def _settings() -> Iterator[None]:
    import matplotlib as mpl

    wanted = {
        "svg.fonttype": "none",
        "svg.hashsalt": "chart",
        "font.family": ["DejaVu Sans"],
        "font.size": 8.5,
        "text.parse_math": False,
        "path.simplify": False,
        "timezone": "UTC",
    }
    with mpl.rc_context(wanted):  # type: ignore[arg-type]  # its stubs know no list of families
        yield


def _figure(chart: Chart, colour: Mapping[str, str]) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), facecolor=colour["ground"])
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.09, 0.14, 0.89, 0.72))
    _frame(axes, chart, colour)
    points = chart.points[-MOST_POINTS:]
    times = [_moment(at) for at, _ in points]
    values = [value for _, value in points]
    axes.plot(times, values, color=colour["curve"], linewidth=1.4, marker="o" if len(points) == 1 else "", markersize=4)  # type: ignore[arg-type]  # dates are plotted
    _mark(axes, chart, colour)
    _scales(axes, values, chart.unit)
    return figure


def _frame(axes: "Axes", chart: Chart, colour: Mapping[str, str]) -> None:
    axes.set_facecolor(colour["ground"])
    axes.set_title(_title(chart), loc="left", fontsize=9.5, color=colour["ink"])
    axes.grid(axis="y", color=colour["line"], linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=colour["soft"], length=0)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(colour["line"])


def _mark(axes: "Axes", chart: Chart, colour: Mapping[str, str]) -> None:
    """Where it began, and where somebody was told; words and the kind of line say which is which, not colour alone."""
    first, last = _moment(chart.points[0][0]), _moment(chart.points[-1][0])
    edge = 1.0
    for name, at, line, sign in (("alert", chart.alert_at, "-", "\u2502"), ("onset", chart.onset, "--", "\u2506")):
        if at is None or not first <= at <= last + (last - first) / 4:
            continue
        axes.axvline(at, color=colour[name], linewidth=1.1, linestyle=line)  # type: ignore[arg-type]  # dates are plotted
        says = f"{sign} {name} {at:%H:%M:%S}"
        axes.text(edge, 1.03, says, transform=axes.transAxes, ha="right", va="bottom", color=colour[name])
        edge -= 0.2


def _scales(axes: "Axes", values: list[float], unit: str) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(AutoDateLocator(minticks=4, maxticks=8))  # type: ignore[no-untyped-call]  # matplotlib's own
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=UTC))  # type: ignore[no-untyped-call]  # matplotlib's own
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _number(value, unit)))
    low, high = min(values), max(values)
    # What is never negative is drawn from nought, so that a small change does not look like a big one.
    axes.set_ylim(min(0.0, low * 1.1), (high or 1.0) * 1.15 if high >= 0 else 0.0)


def _number(value: float, unit: str) -> str:
    """`250 ms`, `1.2 GB`, `34%`: at most three digits that count."""
    match unit:
        case "s":
            return f"{value * 1000:.3g} ms" if 0 < abs(value) < 1 else f"{value:.3g} s"
        case "ratio":
            return f"{value * 100:.3g}%"
        case "bytes":
            return _scaled(value, "B")
        case "%":
            return f"{value:.3g}%"
        case "m":
            return f"{value:.3g} mcores"
        case _:
            return _scaled(value, "").strip()


def _scaled(value: float, unit: str) -> str:
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}"


def _title(chart: Chart) -> str:
    return cut(one_line(chart.title), _TITLE)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
