"""May this person allow this action? Asked at the click, and again when the approval is used."""

from collections.abc import Mapping

from sqlalchemy import Connection

from agent.domain.approval import Approval, Vote
from agent.domain.incident import Incident
from agent.domain.rules import Person, Team
from agent.identity.keys import LOCAL_OPERATOR, caller_of
from agent.identity.members import came_by_chat
from agent.identity.roles import Caller, approval_scope, leave
from agent.identity.tokens import came_by_token, person_caller, token_ended
from agent.ports import Clock
from agent.storage import approval_rows, keys
from agent.storage.approvals import POLICY


class Approvers:
    """Knows who belongs to which team, and asks the record which keys are valid.

    `people`: who may come with a token.
    """

    def __init__(self, teams: Mapping[str, Team], clock: Clock, people: Mapping[str, Person] | None = None) -> None:
        self._teams = teams
        self._clock = clock
        self._people = people or {}

    def objection(self, connection: Connection, who: Caller, asked: Approval, incident: Incident) -> str:
        """Why not, in words that follow a colon; empty when they may."""
        answer = leave(who, approval_scope(asked.proposal.risk))
        if not answer.allowed:
            return answer.reason.rstrip(".")
        if not who.sees(incident.team):
            return f"{who.name} is limited to other teams"
        named = self._teams[incident.team].approvers if incident.team in self._teams else ()
        if named and who.name not in named:
            return f"{who.name} is not among the approvers of team {incident.team}"
        if who.name == LOCAL_OPERATOR:
            return self._beside_people(connection)
        if who.name in approval_rows.senders(connection, incident.id):
            return f"{who.name} sent the alert that led to this, and somebody else must decide"
        return ""

    def _beside_people(self, connection: Connection) -> str:
        """On an installation of one the operator is everybody. Beside people's keys theirs is withdrawn at the next
        start; until then it may belong to one of those people, and must not be their second voice."""
        if keys.people(connection, self._clock.now()) <= {LOCAL_OPERATOR}:
            return ""
        return f"people have keys of their own by now, and {LOCAL_OPERATOR} is no other person"

    def still(self, connection: Connection, vote: Vote, asked: Approval, incident: Incident) -> str:
        """The same about somebody who voted, by the keys and teams of now: `storage.spending.May`."""
        if vote.who == POLICY:
            return "" if vote.via == POLICY else "nobody may call themselves policy"
        if came_by_token(vote.key):
            return self._still_by_token(connection, vote, asked, incident)
        if came_by_chat(vote.key):
            return self._still_in_people(connection, vote, asked, incident)
        valid = [key for key in keys.of_name(connection, vote.who) if key.valid(self._clock.now())]
        if not valid:
            return f"{vote.who} has no valid key any more"
        callers = [caller_of(key) for key in valid]
        objections = [self.objection(connection, caller, asked, incident) for caller in callers]
        return "" if "" in objections else objections[0]

    def _still_by_token(self, connection: Connection, vote: Vote, asked: Approval, incident: Incident) -> str:
        """The token is not kept: its end is, in the sealed vote, and what its holder may do is configured."""
        if vote.who not in self._people:
            return f"{vote.who} may not come with a token any more"
        if token_ended(vote.key, self._clock.now()):
            return f"the token of {vote.who} has ended"
        return self._still_in_people(connection, vote, asked, incident)

    def _still_in_people(self, connection: Connection, vote: Vote, asked: Approval, incident: Incident) -> str:
        if vote.who not in self._people:
            return f"{vote.who} may not come without a key any more"
        return self.objection(connection, person_caller(vote.who, self._people[vote.who], vote.key), asked, incident)
