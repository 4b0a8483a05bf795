"""An API key as it is kept: what it may do and how to recognise it, never the key itself."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from agent.domain.base import Noun

Scope = Literal["ingest", "read", "ask", "approve:low", "approve:high", "admin"]
Kind = Literal["person", "machine"]


class StoredKey(Noun):
    id: str
    """The part of the key that may be shown: it finds the row, and proves nothing."""
    name: str
    """Who it belongs to; stands in the journal."""
    kind: Kind
    """A machine's key is not a person and cannot approve."""
    scopes: tuple[Scope, ...]
    digest: str = Field(repr=False)
    """HMAC-SHA-256 of the whole key under a key derived from the root secret, in hexadecimal; empty once somebody has
    revoked it, so that a clock which is set back lets nobody in again."""
    created_at: datetime
    teams: tuple[str, ...] | None = None
    """Whose incidents they see; an empty name: those that went to no team. None: everybody's."""
    revoked_at: datetime | None = None
    """From then on it is refused; in the future while another key is taking its place."""
    last_used_at: datetime | None = None
    """To the minute."""

    def valid(self, at: datetime) -> bool:
        return self.revoked_at is None or (self.digest != "" and at < self.revoked_at)
