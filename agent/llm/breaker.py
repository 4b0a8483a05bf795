"""May this endpoint be asked now, and asked again? Circuit breaker and retry budget; pure, the time comes in.

The breaker is Nygard's (Release It!, 2007): closed, open for a while, then one probe. The retry budget is that of
Finagle and gRPC: every call earns a tenth of a retry, so that a storm of errors is amplified by a tenth at most.
"""

from dataclasses import dataclass


@dataclass
class Breaker:
    """Opens after `limit` failures in a row, for `rest` seconds; then lets one probe through at a time."""

    limit: int = 5
    rest: float = 30.0
    _failures: int = 0
    _until: float = 0.0
    _probing: bool = False

    def wait(self, now: float) -> float:
        """Seconds until a call may be made; 0: now. Above 0 while somebody else's probe is under way, too."""
        if now < self._until:
            return self._until - now
        return self.rest if self._probing else 0.0

    @property
    def tripped(self) -> bool:
        """Has it failed so often that it rests by itself?"""
        return self._failures >= self.limit

    def begin(self) -> None:
        """A call is being made. Every `begin` is followed by `succeeded`, `failed` or `abandoned`."""
        self._probing = self.tripped

    def succeeded(self) -> None:
        self._failures, self._until, self._probing = 0, 0.0, False

    def failed(self, now: float, *, rest: float | None = None) -> None:
        """One more failure. With `rest` the endpoint said itself how long it wants to be left alone."""
        self._failures += 1
        self._probing = False
        if rest is not None:
            self._until = max(self._until, now + rest)
        if self.tripped:
            self._until = max(self._until, now + self.rest)

    def abandoned(self) -> None:
        """The call ended without telling anything about the endpoint."""
        self._probing = False


@dataclass
class RetryBudget:
    """How many retries there may be: one for every `calls` calls, and never more than `most` saved up."""

    calls: int = 10
    most: int = 10
    _earned: int = 20

    def called(self) -> None:
        self._earned = min(self.most * self.calls, self._earned + 1)

    def take(self) -> bool:
        """Whether a retry is affordable; if so it is paid for."""
        if self._earned < self.calls:
            return False
        self._earned -= self.calls
        return True
