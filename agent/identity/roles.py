"""Who is calling, and what may they do?"""

from typing import Literal

from agent.domain.base import Noun

Scope = Literal["ingest", "read", "ask", "approve:low", "approve:high", "admin"]


class Caller(Noun):
    """Somebody whose key was checked."""

    name: str
    kind: Literal["person", "machine"]
    """A machine's key is not a person and cannot approve."""
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """`admin` may do everything; `approve:high` includes `approve:low`."""
        if "admin" in self.scopes or scope in self.scopes:
            return True
        return scope == "approve:low" and "approve:high" in self.scopes
