"""How much memory did something take at most?  Resident pages, above a mark."""

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_REFS = Path("/proc/self/clear_refs")


class Peak:
    """Made when the process is idle; `begin` before each piece of work, `megabytes` after it."""

    def __init__(self) -> None:
        self._idle = _now()

    def begin(self) -> None:
        """Forget earlier peaks, where the system can (Linux: `man proc_pid_clear_refs`, 5)."""
        if _REFS.exists():
            _REFS.write_text("5")

    def megabytes(self) -> float:
        """The most since `begin` above idle. What earlier work left behind counts: it only ever says too much."""
        return max(0.0, _highest() - self._idle)


def _now() -> float:
    return _status("VmRSS") if _STATUS.exists() else _highest()


def _highest() -> float:
    return _status("VmHWM") if _STATUS.exists() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _status(field: str) -> float:
    """In MiB."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return float(line.split()[1]) / 1024
