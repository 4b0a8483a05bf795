"""One template per model call, named after its node. A missing variable is an error.

A template is a Markdown file in two parts. What stands above the line `<!-- user -->` is the system's text: it has no
variables, so that it is the same for every incident and the provider can keep it in its cache. What stands below is
the incident's own, and is filled in.
"""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

_PARTING = "<!-- user -->\n"


def render(name: str, **variables: object) -> tuple[str, str]:
    """(system, user) of the template of that name. jinja2.UndefinedError when a variable is missing."""
    system, user = _template(name)
    return system, user.render(variables)


@lru_cache
def _template(name: str) -> tuple[str, Template]:
    system, parting, user = (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8").partition(_PARTING)
    if not parting or "{{" in system or "{%" in system:
        raise ValueError(f"prompts/{name}.md needs the line {_PARTING.strip()} and no variable above it")
    # What comes from outside is JSON by then.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 (no browser reads it)
    return system.strip(), environment.from_string(user)
