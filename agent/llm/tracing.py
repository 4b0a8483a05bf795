"""Does anything of a conversation go to a tracing service? Only when LANGSMITH_* was set on purpose."""

from collections.abc import MutableMapping


def off_unless_asked(environ: MutableMapping[str, str]) -> None:
    """Switch LangSmith off, older names included, unless a LANGSMITH_ variable says otherwise."""
    if any(name.startswith("LANGSMITH_") and value for name, value in environ.items()):
        return
    environ["LANGSMITH_TRACING"] = "false"
    for name in ("LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING"):
        if name in environ:
            environ[name] = "false"
