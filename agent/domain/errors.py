"""What can go wrong, each with the sentence its reader needs. Raise the class; the docstring is the message."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.domain.hypothesis import Usage


class AgentError(Exception):
    """Something went wrong in the agent."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class ConfigurationError(AgentError):
    """The configuration cannot be used; mend it and start again."""


class DataFolderInUse(AgentError):
    """Another incident-agent is already running on this data folder; stop it, or set AGENT_DATA to another folder."""


class NotFound(AgentError):
    """There is nothing with that id."""


class AlreadyDecided(AgentError):
    """This approval has already been decided."""


class ApprovalExpired(AgentError):
    """This approval has expired or was withdrawn, and nothing was done; a new investigation may ask again."""


class NotAllowed(AgentError):
    """The caller's key does not carry the scope this needs."""


class Unauthenticated(AgentError):
    """No valid key was sent; send `Authorization: Bearer <key>`, or the key as the password of basic auth."""


class Refused(AgentError):
    """A control refused this; nothing was done."""


class Conflict(AgentError):
    """The incident is not in a state in which this can be done."""


class LeaseLost(AgentError):
    """The lease on this job was lost to another worker; this worker's writes are refused."""


class QueueFull(AgentError):
    """The queue is at its limit; the sender should try again."""


class ModelUnavailable(AgentError):
    """The model gave no usable answer within its budget."""

    def __init__(self, message: str | None = None, usage: "Usage | None" = None) -> None:
        super().__init__(message)
        # Imported here: the errors are what `--help` needs, and pydantic is not.
        from agent.domain.hypothesis import Usage

        self.usage = usage or Usage()
        """What was spent on it all the same."""


class BudgetSpent(AgentError):
    """The incident's budget of steps, tokens, money or time is spent."""


class MemoryUnavailable(AgentError):
    """The memory of past incidents cannot be read; the investigation goes on without it."""


class JournalBroken(AgentError):
    """The journal cannot be written or does not verify; effects are stopped until it does."""
