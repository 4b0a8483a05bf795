"""What if logs are kept of two short pieces of time only, and a large shop talks in them of all but the fault?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from evals.probes.recording import Recorded

SERVICES = 46
_REFERENCE = 60.0
"""Seconds of quiet that are kept."""
_APART = 900.0
"""Seconds from the quiet piece to the other."""
_LEAD = 90.0
"""Seconds before the alert at which the other begins."""
_REQUESTS = 8.0
"""Requests a second; each leaves about nine lines."""
_TRADES = ("order", "route", "seat", "price", "food", "user", "travel", "train", "basic", "notify", "pay", "voucher")


def two_pieces(recorded: Recorded, chance: Random) -> Recorded:
    """The first minute of its own log and what there is since shortly before the alert, among the lines of 46 services.

    The first minute is put a quarter of an hour before the rest. No line of the others has to do with the incident: in
    both pieces they answer requests, and complain now and then, with stack traces.
    """
    meta = recorded.case.meta()
    if "alert_at" not in meta or recorded.case.now is None:
        return recorded
    begun, now = float(meta["alert_at"]) - _LEAD, recorded.case.now.timestamp()
    quiet = begun - _APART
    shop = _Shop(_members(recorded), chance)
    lines = [*_own(recorded, quiet, begun), *shop.lines(quiet, quiet + _REFERENCE), *shop.lines(begun, now)]
    return replace(recorded, lines=tuple(sorted(lines, key=lambda line: float(line["ts"]))))


def _own(recorded: Recorded, quiet: float, begun: float) -> Iterator[Mapping[str, Any]]:
    first = float(recorded.lines[0]["ts"]) if recorded.lines else 0.0
    for line in recorded.lines:
        at = float(line["ts"])
        if at >= begun:
            yield line
        elif at < first + _REFERENCE:
            yield {**line, "ts": at - first + quiet}


def _members(recorded: Recorded) -> list[str]:
    """The case's own components, and so many strangers that there are 46."""
    named = [str(node["id"] if isinstance(node, dict) else node) for node in (recorded.graph or {}).get("nodes", ())]
    own = sorted({*named, *(str(line.get("service")) for line in recorded.lines)})
    return [*own, *(f"{_TRADES[place % len(_TRADES)]}-{place}-service" for place in range(SERVICES - len(own)))]


class _Shop:
    """Services that call each other; which calls which is fixed, how often chance decides."""

    def __init__(self, members: Sequence[str], chance: Random) -> None:
        self._chance = chance
        self._routes = [chance.sample(list(members), chance.randint(2, 5)) for _ in range(60)]

    def lines(self, start: float, end: float) -> Iterator[dict[str, Any]]:
        """The traffic of the two pieces differs by up to a fifth."""
        at, rate = start, _REQUESTS * self._chance.uniform(0.9, 1.1)
        while (at := at + self._chance.expovariate(rate)) < end:
            yield from self._request(at, self._chance.choice(self._routes), end)

    def _request(self, at: float, route: Sequence[str], end: float) -> Iterator[dict[str, Any]]:
        trace = f"{self._chance.getrandbits(64):016x}"
        down = [(one, f"[{one}] query started, id: {trace}{other}") for one, other in self._steps(route)]
        up = [(one, f"[{one}] query done, cost {self._chance.randint(2, 90)} ms") for one in reversed(route)]
        told = [*down, *self._trouble(self._chance.choice(route)), *up]
        for service, message in told:
            at += self._chance.expovariate(200)
            if at < end:
                yield self._line(at, service, message, trace)

    def _steps(self, route: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each with where it goes next, as many programs log it."""
        for one, other in zip(route, [*route[1:], ""], strict=True):
            yield one, f", then http://{other}:8080/api/v1/{other}" if other else ""

    def _trouble(self, service: str) -> Iterator[tuple[str, str]]:
        """Half a percent of requests find something missing, at all times."""
        if self._chance.random() < 0.005:
            yield service, _stack(service, self._chance.randint(1000, 9999))

    def _line(self, at: float, service: str, message: str, trace: str) -> dict[str, Any]:
        """As Spring Boot writes it; every other service tells its level in the line alone."""
        level = "ERROR" if "Exception" in message else "INFO"
        told = f"{level:>5} 1 --- [nio-8080-exec-{self._chance.randint(1, 9)}] c.shop.{service}.Controller : {message}"
        pod = f"{service}-6d4b75cb6d-{trace[:5]}"
        return {
            "ts": at,
            "service": service,
            "pod": pod,
            "level": level if len(service) % 2 else "",
            "trace": trace,
            "message": told[:260],
        }


def _stack(service: str, number: int) -> str:
    return (
        f"Servlet.service() threw exception [Request processing failed] for {number}\n"
        f"java.util.NoSuchElementException: No value present\n\tat java.util.Optional.get(Optional.java:{number})\n"
        f"\tat com.shop.{service}.Handler.find(Handler.java:61)"
    )
