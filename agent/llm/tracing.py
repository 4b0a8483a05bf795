"""Does anything go to LangSmith? Only when LANGSMITH_* was set on purpose; texts only when that was said, too."""

from collections.abc import MutableMapping


def off_unless_asked(environ: MutableMapping[str, str]) -> None:
    """Switch LangSmith off, older names included, unless a LANGSMITH_ variable says otherwise.

    Then steps, times and tokens are sent. A run's state holds log lines as they came, before anything is redacted for
    a model, so that inputs and outputs are hidden unless LANGSMITH_HIDE_INPUTS and _OUTPUTS say `false`.
    """
    if any(name.startswith("LANGSMITH_") and value for name, value in environ.items()):
        if environ.get("LANGSMITH_TRACING", "").casefold() != "false":
            for name in _HIDDEN:
                environ.setdefault(name, "true")
        return
    environ["LANGSMITH_TRACING"] = "false"
    for name in ("LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING"):
        if name in environ:
            environ[name] = "false"


_HIDDEN = ("LANGSMITH_HIDE_INPUTS", "LANGSMITH_HIDE_OUTPUTS")
