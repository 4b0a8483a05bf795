"""Who is this member of the workspace, here?  A person whose key, or whose entry in `people`, says what they may do."""

from collections.abc import Mapping

from agent.domain.errors import NotAllowed
from agent.domain.rules import Person
from agent.identity.keys import LOCAL_OPERATOR, Keys, caller_of
from agent.identity.members import key_of
from agent.identity.roles import Caller, Scope
from agent.identity.tokens import person_caller


class Members:
    def __init__(self, keys: Keys, people: Mapping[str, str], with_tokens: Mapping[str, Person]) -> None:
        """`people`: member id -> that person's name; `with_tokens`: those who may come with a token, by name."""
        self._keys = keys
        self._people = people
        self._with_tokens = with_tokens

    async def caller(self, member: str) -> Caller:
        """With the scopes of now. NotAllowed for whoever is not known, or whose key is revoked."""
        name = self._people.get(member, "")
        found = [one for one in await self._callers(member) if one.name == name]
        if not found:
            raise NotAllowed(f"You ({member}) are not known here: {await self.advice('admin')}")
        return found[-1]

    async def advice(self, scope: Scope) -> str:
        """Whom to ask who may do what this scope opens."""
        may = sorted({one.name for one in await self._callers() if one.may(scope)})
        return f"ask {', '.join(may)}." if may else "ask whoever keeps the agent's keys."

    async def _callers(self, member: str = "") -> list[Caller]:
        """Persons with a valid key, the newest last, and those of `people`. The operator's key is good on its machine.

        Who stands in `people` may do here what they may with a token at most: Slack has signed them in.
        """
        keys = [key for key in await self._keys.valid() if key.kind == "person" and key.name != LOCAL_OPERATOR]
        held = [caller_of(key) for key in keys]
        more = {name: person for name, person in self._with_tokens.items() if name not in {one.name for one in held}}
        return held + [person_caller(name, person, key_of(member)) for name, person in more.items()]
