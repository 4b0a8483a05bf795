"""What is in a recorded case, as far as a replay needs it?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.domain.errors import ConfigurationError

_CONTROL = {"restart-service": "restart", "roll-back-deploy": "rollback", "resize-pool": "pool"}


@dataclass(frozen=True)
class Recording:
    """A case folder that holds both arms: what happened unhealed, and what happened once it was healed."""

    folder: Path

    @property
    def now(self) -> datetime:
        """The moment at which the agent was asked."""
        return datetime.fromtimestamp(float(self._json("meta.json")["now"]), UTC)

    @property
    def step(self) -> timedelta:
        return timedelta(seconds=float(self._json("meta.json")["step_s"]))

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(self._json("topology.json")["nodes"])

    @property
    def heals(self) -> str | None:
        """The control call that healed it: `payment/rollback`; None for a case that had nothing to heal."""
        if not (self.folder / "after" / "action.json").exists():
            return None
        remedy = self._json("after/action.json")
        given = remedy["arguments"]
        what = _CONTROL.get(remedy["action"]) or f"flags/{given['flag']}"
        return f"{given['service']}/{what}"

    def alert(self, shift: timedelta) -> bytes:
        """The body Alertmanager posted, with its times moved."""
        body = self._json("alert.json")
        return json.dumps(_moved(body, shift)).encode()

    @property
    def labels(self) -> list[dict[str, str]]:
        """Of each of its alerts."""
        return [dict(alert["labels"]) for alert in self._json("alert.json")["alerts"]]

    def resolved(self, shift: timedelta) -> bytes:
        """The body Alertmanager posted when it was over."""
        body = self._json("after/resolved.json")
        return json.dumps(_moved(body, shift)).encode()

    def arm(self, name: str) -> tuple[Path, Path]:
        """(metrics, logs) of what came after: `unhealed` or `healed`."""
        after = self.folder / "after"
        return after / f"{name}.om.xz", after / f"logs_{name}.jsonl.xz"

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text("utf-8"))


def recordings(root: Path) -> list[Recording]:
    """The cases below `root` that can be replayed. ConfigurationError when there is none."""
    found = [Recording(path.parent.parent) for path in sorted(root.glob("**/after/unhealed.om.xz"))]
    if not found:
        raise ConfigurationError(f"There is no recorded incident below {root}.")
    return found


def _moved(value: Any, shift: timedelta) -> Any:
    """The same with every RFC 3339 time but the zero one moved."""
    match value:
        case dict():
            return {name: _moved(inner, shift) for name, inner in value.items()}
        case list():
            return [_moved(inner, shift) for inner in value]
        case str() if (moment := _time(value)) is not None:
            return (moment + shift).isoformat().replace("+00:00", "Z")
    return value


def _time(text: str) -> datetime | None:
    if len(text) < 20 or text[4] != "-" or text[10] != "T" or text.startswith("0001"):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def names(found: list[Recording]) -> Iterator[str]:
    """What a person calls them by."""
    return (one.folder.name for one in found)
