"""Who is this member of the workspace, here?  A person whose key says what they may do; a stranger may do nothing."""

from collections.abc import Mapping

from agent.domain.errors import NotAllowed
from agent.identity.keys import LOCAL_OPERATOR, Keys
from agent.identity.roles import Caller, Scope


class Members:
    def __init__(self, keys: Keys, people: Mapping[str, str]) -> None:
        """`people`: member id -> the name of that person's key."""
        self._keys = keys
        self._people = people

    async def caller(self, member: str) -> Caller:
        """With the scopes of now. NotAllowed for whoever is not known, or whose key is revoked."""
        name = self._people.get(member, "")
        found = [one for one in await self._callers() if one.name == name]
        if not found:
            raise NotAllowed(f"You ({member}) are not known here: {await self.advice('admin')}")
        return found[-1]

    async def advice(self, scope: Scope) -> str:
        """Whom to ask who may do what this scope opens."""
        may = sorted({one.name for one in await self._callers() if one.may(scope)})
        return f"ask {', '.join(may)}." if may else "ask whoever keeps the agent's keys."

    async def _callers(self) -> list[Caller]:
        """Persons with a valid key, the newest last. The operator's own key is good on its machine alone."""
        keys = [key for key in await self._keys.valid() if key.kind == "person" and key.name != LOCAL_OPERATOR]
        return [Caller(name=key.name, kind=key.kind, scopes=frozenset(key.scopes), key=key.id) for key in keys]
