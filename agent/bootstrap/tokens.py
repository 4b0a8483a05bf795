"""Who may come with a JSON web token? Nobody, unless the settings say whose signature counts."""

from collections.abc import Mapping

from agent.config import Config
from agent.domain.errors import ConfigurationError
from agent.domain.rules import Person
from agent.identity.signers import signers
from agent.identity.tokens import Issuer, Tokens
from agent.ports import Clock
from agent.settings import Settings


def tokens_of(settings: Settings, config: Config, clock: Clock) -> Tokens | None:
    """None when no keys are configured. ConfigurationError when what is configured cannot be used."""
    if settings.jwt_keys is None:
        return None
    if not (settings.jwt_issuer and settings.jwt_audience):
        raise ConfigurationError("With AGENT_JWT_KEYS go AGENT_JWT_ISSUER and AGENT_JWT_AUDIENCE.")
    issuer = Issuer(
        algorithm=settings.jwt_algorithm,
        keys=signers(settings.jwt_keys, settings.jwt_algorithm),
        name=settings.jwt_issuer,
        audience=settings.jwt_audience,
        scopes=settings.jwt_scopes_claim,
    )
    return Tokens(issuer, config.people, clock)


def people_with_tokens(settings: Settings, config: Config) -> Mapping[str, Person]:
    """Whose votes by token still count."""
    return config.people if settings.jwt_keys else {}
