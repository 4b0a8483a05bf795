"""Do the settings fit together?  Half a credential, and a place that cannot be used, are told before anything opens."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from agent.domain.errors import ConfigurationError
from agent.settings import Settings, secret

_TOGETHER: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("datadog", "DD_APP_KEY", ("DD_API_KEY",)),
    ("jira", "JIRA_URL", ("JIRA_TOKEN",)),
    ("jira", "JIRA_TOKEN", ("JIRA_URL",)),
    ("model", "AGENT_MODEL_FALLBACKS", ("AGENT_MODEL", "OPENAI_API_KEY")),
    ("slack", "SLACK_APP_TOKEN", ("SLACK_BOT_TOKEN",)),
    ("slack", "SLACK_SIGNING_SECRET", ("SLACK_BOT_TOKEN",)),
    ("configuration", "SMTP_HOST", ("SMTP_FROM",)),
    ("configuration", "SMTP_USER", ("SMTP_PASSWORD",)),
    ("configuration", "SMTP_PASSWORD", ("SMTP_USER",)),
    ("configuration", "AGENT_JWT_ISSUER", ("AGENT_JWT_KEYS",)),
    ("configuration", "AGENT_JWT_AUDIENCE", ("AGENT_JWT_KEYS",)),
)
"""(what it is of, a variable, those of which one must be set beside it)."""
_A_FILE = "Name a file that the agent may write to."


@dataclass(frozen=True)
class Flaw:
    about: str
    """What it is of, as `doctor` calls it."""
    says: str
    mend: str

    def __str__(self) -> str:
        return f"{self.says}. {self.mend}"


def require_sound(settings: Settings) -> None:
    """ConfigurationError, with what to do, at the first flaw with which nothing should start."""
    if flaw := next(flaws(settings), None):
        raise ConfigurationError(str(flaw))


def flaws(settings: Settings) -> Iterator[Flaw]:
    """What nothing should start with: it was wanted, and would not work without a word."""
    yield from _halves(settings)
    yield from _keyless(settings)
    yield from _headless(settings)
    yield from _unusable(settings)


def doubts(settings: Settings) -> Iterator[Flaw]:
    """What will not work, while the rest does."""
    if missing := [path for path in settings.kubeconfig.split(os.pathsep) if path and _found(Path(path)) != "file"]:
        says = f"KUBECONFIG: there is no file {missing[0]}, so that pods, events and rollouts are not looked at"
        yield Flaw("kubernetes", says, "Name a kubeconfig, or unset it.")
    if _is_set(settings.dd_api_key) and not _is_set(settings.dd_app_key):
        # Datadog's own agents and tracers have this key alone: it is no sign that this agent was meant.
        says = "DD_API_KEY is set and DD_APP_KEY is not, so that Datadog is not asked for metrics or logs"
        yield Flaw("datadog", says, "Set DD_APP_KEY if it should be.")
    if settings.slack_bot_token and not (settings.slack_app_token or settings.slack_signing_secret):
        says = "SLACK_APP_TOKEN and SLACK_SIGNING_SECRET are not set, so that nobody can click or ask in Slack"
        yield Flaw("slack", says, "Set one of them beside SLACK_BOT_TOKEN; until then, decide on the page.")
    if settings.journal_anchors is not None and (wrong := _no_file(settings.journal_anchors)):
        yield Flaw("configuration", f"AGENT_JOURNAL_ANCHORS: {wrong}, so that nothing is done in the world", _A_FILE)


def _halves(settings: Settings) -> Iterator[Flaw]:
    given = {str(field.alias): getattr(settings, name) for name, field in Settings.model_fields.items()}
    known = {name for name, value in given.items() if _is_set(value)}
    for about, variable, beside in _TOGETHER:
        if variable in known and not known.intersection(beside):
            says = f"{variable} is set and {' and '.join(beside)} {'is' if len(beside) == 1 else 'are'} not"
            yield Flaw(about, says, f"Set {' or '.join(beside)}, or take {variable} away.")


def _is_set(value: object) -> bool:
    return bool(value.get_secret_value()) if isinstance(value, SecretStr) else bool(value)


def _keyless(settings: Settings) -> Iterator[Flaw]:
    """A model of OpenAI's own, and nothing to ask it with."""
    if settings.openai_base_url or _is_set(settings.openai_api_key):
        return
    for about, variable, named in (
        ("model", "AGENT_MODEL", settings.model),
        ("memory", "AGENT_EMBEDDINGS", settings.embeddings),
    ):
        if named and "@http" not in named and named.partition(":")[0] in {named, "openai"}:
            mend = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own that needs none."
            yield Flaw(about, f"{variable} is {named} and has no key", mend)


def _headless(settings: Settings) -> Iterator[Flaw]:
    """A header that a back end wants, and nothing to send in it."""
    try:
        wanted = settings.config().back_ends
    except ConfigurationError:
        return  # Which is told where the file is read.
    for about, url, headers in (
        ("prometheus", settings.prometheus_url, wanted.prometheus_headers),
        ("loki", settings.loki_url, wanted.loki_headers),
        ("elasticsearch", settings.elasticsearch_url, wanted.elasticsearch_headers),
    ):
        for header, variable in headers.items() if url else ():
            if not secret(variable):
                says = f"AGENT_CONFIG: back_ends: {variable} is not set, which is to be sent as {header}"
                yield Flaw(about, says, f"Set {variable}, or take the header away.")


def _unusable(settings: Settings) -> Iterator[Flaw]:
    folder = settings.chroma_path
    if folder is not None and not settings.chroma_url and (wrong := _no_folder(folder)):
        yield Flaw("memory", f"AGENT_CHROMA_PATH: {wrong}", "Name a folder that the agent may write to.")
    pins, deletions = settings.mcp_pins, settings.deletion_list
    # Pins that are there may be read-only: what is pinned already is all that is allowed then.
    if pins is not None and _found(pins) != "file" and (wrong := _no_file(pins)):
        yield Flaw("configuration", f"AGENT_MCP_PINS: {wrong}", _A_FILE)
    if deletions is not None and (wrong := _no_file(deletions)):
        yield Flaw("configuration", f"AGENT_DELETION_LIST: {wrong}", _A_FILE)


def _no_folder(path: Path) -> str:
    """Why it cannot be used or made; empty when it can."""
    above = next(one for one in (path.absolute(), *path.absolute().parents) if _found(one))
    if _found(above) != "folder":
        return f"{above} is a file"
    return "" if os.access(above, os.W_OK | os.X_OK) else f"{above} cannot be written to"


def _no_file(path: Path) -> str:
    """Why it cannot be written to or made; empty when it can."""
    folder = path.absolute().parent
    if _found(path) == "folder":
        return f"{path} is a folder"
    if _found(folder) != "folder":
        return f"there is no folder {folder}"
    return "" if os.access(path if _found(path) else folder, os.W_OK) else f"{path} cannot be written to"


def _found(path: Path) -> Literal["file", "folder", ""]:
    """What is there; nothing, too, where this process may not look."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return ""
    return "folder" if stat.S_ISDIR(mode) else "file"
