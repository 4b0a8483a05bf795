"""What went wrong at an endpoint, is it worth another try, and when?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

Kind = Literal[
    "rate_limited", "server", "connection", "timeout", "protocol", "unauthorised", "refused", "too_long", "held_back"
]

LONGEST_WAIT = 10.0
"""Seconds. An endpoint that asks for more is left alone, and the next one is asked."""
LONGEST_REST = 300.0
"""Seconds. No endpoint can talk itself out of service for longer, whatever its Retry-After says."""


@dataclass(frozen=True)
class Failure:
    kind: Kind
    text: str
    """Our words only: what an endpoint writes into its errors reaches neither report nor log."""
    retry: bool
    after: float | None = None
    """Seconds the endpoint asked for, between 0 and LONGEST_REST; None when it asked for nothing sensible."""

    @property
    def ill(self) -> bool:
        """Whether it speaks against the endpoint, rather than against this one request."""
        return self.kind not in ("refused", "too_long", "held_back", "rate_limited")

    @property
    def rest(self) -> float | None:
        """How long the endpoint is to be left alone, when that is too long to wait for."""
        return self.after if self.after is not None and self.after > LONGEST_WAIT else None


TIMED_OUT = Failure("timeout", "did not answer in time", retry=False)


def faults() -> tuple[type[Exception], ...]:
    """What LangChain, the SDKs and the parsers below them raise at an endpoint that misbehaves."""
    import httpx2
    import openai
    from langchain_core.exceptions import LangChainException

    return (
        LangChainException,
        openai.OpenAIError,
        httpx2.HTTPError,
        httpx2.StreamError,
        OSError,
        # Bytes that are no events, no JSON, or JSON of another shape: the libraries parse without looking.
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        RecursionError,
    )


def failure(error: Exception, now: datetime) -> Failure:
    """What an error of one of the `faults` means."""
    after = _retry_after(error, now)
    kind, text, retry = _meaning(error)
    return Failure(kind, text, retry and (after is None or after <= LONGEST_WAIT), after)


def _meaning(error: Exception) -> tuple[Kind, str, bool]:
    """Kind, our words for it, and whether it is worth another try."""
    from langchain_core import exceptions as langchain

    status = getattr(error, "status_code", None)
    known: list[tuple[type[Exception], tuple[Kind, str, bool]]] = [
        (langchain.ModelRateLimitError, ("rate_limited", "is rate limited (429)", True)),
        (langchain.ContextOverflowError, ("too_long", "says the prompt is too long", False)),
        (langchain.ModelAuthenticationError, ("unauthorised", "refused the key", False)),
        (langchain.ModelPermissionDeniedError, ("unauthorised", "refused the key", False)),
        (langchain.ModelAPIError, ("server", f"failed ({status})", True)),
        (langchain.ModelTimeoutError, ("timeout", "timed out", True)),
        (langchain.ModelConnectionError, ("connection", "cannot be reached, or broke off", True)),
        (langchain.ModelError, ("refused", f"refused the request ({status})", False)),
        (OSError, ("connection", "cannot be reached, or broke off", True)),
    ]
    for kind, meaning in known:
        if isinstance(error, kind):
            return meaning
    if status is not None:
        return "refused", f"refused the request ({status})", False
    if type(error).__module__.startswith("httpx2"):
        return "connection", "cannot be reached, or broke off", True
    return "protocol", f"answered something that is not a model's answer ({type(error).__name__})", False


def _retry_after(error: Exception, now: datetime) -> float | None:
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
    return retry_after(headers.get("retry-after", ""), now)


def retry_after(header: str, now: datetime) -> float | None:
    """Seconds, from a number or a date (RFC 9110, 10.2.3), at most LONGEST_REST; None when it makes no sense."""
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header, now)
    # Written so that NaN, which compares with nothing, makes no sense either.
    return min(seconds, LONGEST_REST) if seconds >= 0 else None


def _until(date: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return -1.0
    return ((then if then.tzinfo else then.replace(tzinfo=UTC)) - now).total_seconds()
