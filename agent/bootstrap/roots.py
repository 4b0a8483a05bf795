"""Which root secret counts, and which one before it still does?"""

from pathlib import Path

from agent.identity.secrets import Secrets, open_secrets
from agent.ports import Clock
from agent.settings import Settings
from agent.storage.deletions import Deletions
from agent.storage.journal import Chain


def secrets_of(settings: Settings, folder: Path) -> Secrets:
    """The configured ones, or those in that folder."""
    root, before = settings.secret_key, settings.secret_key_before
    return open_secrets(folder, root.get_secret_value() if root else "", before.get_secret_value() if before else "")


def chain_of(secrets: Secrets, clock: Clock) -> Chain:
    return Chain(secrets.derive("journal"), clock, former=secrets.former("journal"))


def deletions_of(settings: Settings, secrets: Secrets) -> Deletions:
    return Deletions(settings.deletions, secrets.derive("deletions"), secrets.former("deletions"))
