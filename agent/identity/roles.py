"""What may a caller do?  Each answer carries its reason."""

from agent.domain.base import Noun
from agent.domain.errors import NotAllowed
from agent.domain.key import Kind, Scope
from agent.domain.remediation import Risk

__all__ = ["Caller", "Leave", "Scope", "approval_scope", "leave", "require", "require_every_team"]


class Caller(Noun):
    """Somebody whose key was checked."""

    name: str
    kind: Kind
    """A machine's key is not a person and cannot approve."""
    scopes: frozenset[Scope]
    key: str = ""
    """The id of the key; a name can have two while one replaces the other. Of a token: `jwt:` and when it ends."""

    teams: frozenset[str] | None = None
    """Whose incidents there are for them; an empty name: those that went to no team. None: everybody's."""

    def sees(self, team: str) -> bool:
        return self.teams is None or team in self.teams

    def may(self, scope: Scope) -> bool:
        return leave(self, scope).allowed


class Leave(Noun):
    """May they?  And the sentence that says why, or why not."""

    allowed: bool
    reason: str


def leave(caller: Caller, scope: Scope) -> Leave:
    """`admin` includes every scope, and `approve:high` includes `approve:low`; but a machine approves nothing."""
    if scope.startswith("approve:") and caller.kind != "person":
        return Leave(allowed=False, reason=f"{caller.name} is a machine, and only a person can approve.")
    for held in ("admin", scope, "approve:high" if scope == "approve:low" else scope):
        if held in caller.scopes:
            return Leave(allowed=True, reason=f"{caller.name} has the scope {held}.")
    has = ", ".join(sorted(caller.scopes)) or "none"
    return Leave(allowed=False, reason=f"{caller.name} needs the scope {scope} and has: {has}.")


def require(caller: Caller, scope: Scope) -> None:
    """NotAllowed, with the reason, unless the caller may."""
    answer = leave(caller, scope)
    if not answer.allowed:
        raise NotAllowed(answer.reason)


def require_every_team(caller: Caller) -> None:
    """NotAllowed for somebody limited to teams: silences, numbers and the whole journal are no one team's."""
    if caller.teams is not None:
        theirs = ", ".join(sorted(caller.teams - {""})) or "no team"
        raise NotAllowed(f"This concerns every team, and {caller.name} is limited to {theirs}.")


def approval_scope(risk: Risk) -> Scope:
    """What it takes to approve an action of that risk."""
    return "approve:low" if risk is Risk.LOW else "approve:high"
