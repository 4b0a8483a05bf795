"""May it listen there?  Asked before an installation is opened, so that a refusal leaves no trace."""

from agent.bootstrap.machine import SystemClock
from agent.bootstrap.tokens import people_with_tokens
from agent.domain.errors import ConfigurationError
from agent.identity.local import loopback, may_listen
from agent.settings import Settings
from agent.storage.keys import known_keys


def require_leave_to_listen(settings: Settings) -> None:
    """ConfigurationError, in one sentence, when its address can be reached from elsewhere and nobody has a key."""
    if loopback(settings.host):
        return
    now = SystemClock().now()
    names = {key.name for key in known_keys(settings.database) if key.valid(now)}
    leave = may_listen(settings.host, names | set(people_with_tokens(settings, settings.config())))
    if not leave.allowed:
        raise ConfigurationError(leave.reason)
