"""How does any text stay one value in PromQL and LogQL?  Their strings are Go's, their expressions RE2's."""

import re


def quoted(value: str) -> str:
    """As a string: whatever it holds, it stays one value."""
    return f'"{escaped(value)}"'


def escaped(value: str) -> str:
    """The same where the quotes are there already."""
    backslashed = _sendable(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02x}", backslashed)


def literal(text: str) -> str:
    """A regular expression that matches `text` and nothing else."""
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", _sendable(text))


def label(name: str) -> str:
    """A label's name before its operator; one with dots, as OpenTelemetry's, is a string (Prometheus 3)."""
    return name if _LABEL.fullmatch(name) else quoted(name)


def matcher(name: str, value: str) -> str:
    return f"{label(name)}={quoted(value)}"


_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def _sendable(text: str) -> str:
    """Half of a surrogate pair cannot be sent; a question mark goes in its place, before anything is escaped."""
    return text.encode("utf-8", "replace").decode()
