"""What varies in a line of a log?  Times, addresses, numbers and ids are masked, word by word; status codes never.

Text that outsiders can choose (user agents, referers, query strings, names of users) is replaced by its field's name.
"""

import re
from functools import lru_cache

from tools.invisible import visible

MAX_MESSAGE = 1000
"""Characters of a message that are looked at; the rest of a long one says nothing about its kind."""
MAX_EXAMPLE = 300
"""Characters of a raw line kept as the example."""


def template(message: str) -> str:
    """The message with its variable parts masked, blanks collapsed; equal for lines that differ in numbers and ids."""
    words = _words(message)
    masked = [_mask(word) for word in words]
    for place in range(1, len(words)):
        if masked[place].startswith("<num>") and _is_code(words, place):
            masked[place] = words[place]
    return " ".join(masked)


def readable(message: str) -> str:
    """One line of at most MAX_EXAMPLE characters with its numbers and ids, but without what outsiders filled in."""
    return " ".join(_without_user_value(word) for word in _words(message))[:MAX_EXAMPLE]


def _words(message: str) -> list[str]:
    """The telling part of the message, without the fields that outsiders fill."""
    words = _without_user_fields(_named(_head(visible(message)))[:MAX_MESSAGE]).split()
    if words[1:2] == ["-"] and len(words) > 2 and _mask(words[0]) == "<ip>":
        words[2] = "<user>"  # the combined access log names the user there
    return words


def _head(message: str) -> str:
    """The telling part of a message of many lines: its first line, or what a stack trace says was raised."""
    if "\n" not in message:
        return message
    lines = [line for line in message.splitlines() if line.strip()] or [""]
    if lines[0].startswith("Traceback"):
        return lines[-1]
    causes = [line for line in lines[1:] if _RAISED.match(line)]
    return " ".join([lines[0], *causes[-1:]])


_RAISED = re.compile(r"\s*(?:Caused by|[\w.$]+(?:Exception|Error|Throwable))\b")


def _named(message: str) -> str:
    """Java's usual beginnings of a line as one word: of time, process, thread and request, level and logger are kept.

    Written out, they are half of a short line's words, and make any two such lines look alike.
    """
    found = _JAVA.match(message)
    return f"{found['level']}[{found['logger']}] {message[found.end() :]}" if found else message


_JAVA = re.compile(
    r"""
    \s*(?:(?:\d{4}-\d{2}-\d{2}[ T])?\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?\s+)?
    (?:\[[^]\n]{1,100}\]\s+)?
    (?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\s+
    (?:(?:\[[^]\n]{0,200}\]\s+)?\d{1,10}\s+---\s+(?:\[[^]\n]{0,200}\]\s*){1,4})?
    (?P<logger>[A-Za-z_$][\w$]*(?:\.[\w$/\[\]]+)+)\s*(?::|\s-)\s
    """,
    re.VERBOSE,
)
"""Of Spring Boot, and of Logback and Log4j: `12:00:00.123 [thread] INFO  a.b.Logger - said`."""


_USER_FIELDS = frozenset(
    {
        "user_agent",
        "useragent",
        "ua",
        "http_user_agent",
        "referer",
        "referrer",
        "http_referer",
        "user",
        "username",
        "user_name",
        "login",
        "email",
        "cookie",
        "set-cookie",
        "query",
        "query_string",
        "search",
        "q",
        "comment",
        "x-forwarded-for",
        "x_forwarded_for",
        "header",
        "headers",
        "authorization",
        "session",
        "user_id",
        "userid",
    }
)
_REQUEST = re.compile(r"[A-Z]{3,8} \S+(?: HTTP/[\d.]+)?")
_QUOTE = re.compile(r'(?<!\\)"')
_KEY_BEFORE = re.compile(r"([\w.-]+)\s*[=:]\s*$")


def _without_user_fields(message: str) -> str:
    """Quoted values of fields that outsiders fill become the field's name: `user_agent="<user_agent>"`."""
    if '"' not in message:
        return message
    parts = _QUOTE.split(message)
    seen_request = False
    for place in range(1, len(parts), 2):
        key = _key_of(parts, place)
        if key in _USER_FIELDS:
            parts[place] = f"<{key}>"
        elif _REQUEST.fullmatch(parts[place]):
            seen_request = True
        elif seen_request and not key:
            # After the request, the combined access log has referer and user agent, without keys.
            parts[place] = "<client>"
    return '"'.join(parts)


def _key_of(parts: list[str], place: int) -> str:
    """The name of the field whose value is the quoted part at `place`; empty when it has none."""
    before = parts[place - 1]
    if place >= 3 and before.strip() == ":":
        return parts[place - 2].lower()
    found = _KEY_BEFORE.search(before[-40:])
    return found.group(1).lower() if found else ""


_CODE_WORDS = frozenset(
    {
        "status",
        "code",
        "errno",
        "exit",
        "signal",
        "http/1.0",
        "http/1.1",
        "http/2",
        "http/2.0",
        "statuscode",
        "status_code",
    }
)
_REPLY_WORDS = frozenset(
    {"http", "got", "received", "returned", "responded", "response", "error", "failed", "answered"}
)
_HTTP_ERRORS = frozenset(
    {
        "400",
        "401",
        "403",
        "404",
        "405",
        "408",
        "409",
        "410",
        "413",
        "422",
        "423",
        "425",
        "429",
        "499",
        "500",
        "501",
        "502",
        "503",
        "504",
        "507",
        "520",
        "521",
        "522",
        "523",
        "524",
    }
)


def _is_code(words: list[str], place: int) -> bool:
    """Does the number at `place` follow a word such as `status`, so that it says what happened?"""
    number, before = words[place].rstrip(".,;:)]\"'"), words[place - 1]
    if before in {"=", ":", "is", "was", "with"} and place >= 2:
        before = words[place - 2]
    before = before.strip("\"'=:,()[]").lower()
    if before in _CODE_WORDS:
        return len(number) <= 4
    return before in _REPLY_WORDS and number in _HTTP_ERRORS


_VARIABLE = re.compile(
    r"""
    (?P<keep>(?<![a-zA-Z])(?:status|code|status_code|statuscode|errno|http_status|exit)["']?[=:]["']?\d{1,4}(?![\w.])
            |HTTP/\d(?:\.\d)?)
  | (?P<uuid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})
  | (?P<time>\d{4}[-/]\d{2}[-/]\d{2}(?:[T_]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?
            |\d{2}/[A-Z][a-z]{2}/\d{4}(?::\d{2}:\d{2}:\d{2})?
            |(?<!\d)\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?Z?)
  | (?P<ip>(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|/\d{1,2})?(?![\w.]*\d)
          |(?<![\w:])(?=[a-fA-F:]*\d)(?:(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|[0-9a-fA-F:]*::[0-9a-fA-F:]*)(?![\w:]))
  | (?P<pod>(?<=[a-z0-9])-[a-f0-9]{6,10}-[a-z0-9]{5}(?![\w-]))
  | (?P<hex>0[xX][0-9a-fA-F]+
          |(?<![0-9A-Za-z])(?=[0-9a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{7,}(?![0-9A-Za-z])
          |(?<![0-9A-Za-z])(?=[A-Za-z]*\d)[0-9A-Za-z]{20,}(?![0-9A-Za-z]))
  | (?P<num>(?<![A-Za-z0-9])[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?
            (?:%|(?:ns|us|µs|ms|s|sec|secs|min|m|h|hr|d|B|[kKMGT]i?[bB]?|bytes|rps|qps)(?![A-Za-z]))?(?![A-Za-z0-9]))
    """,
    re.VERBOSE,
)
_QUERY_STRING = re.compile(r"(?<=[\w/])\?[^\s\"'<>]*")
_SEGMENT = re.compile(r"(?<=/)(?:[^/\s\"'?<>]{41,}|[^/\s\"'?<>%]*%[0-9a-fA-F]{2}[^/\s\"'?<>]*)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+\w")
_KEYED = re.compile(r"([A-Za-z][\w.-]*)([=:])([\"']?)([^\"'<].*?)([\"']?[,;)\]}]*)")


@lru_cache(maxsize=1 << 16)
def _mask(word: str) -> str:
    """One word with what varies in it masked."""
    return _VARIABLE.sub(_placeholder, _without_user_value(word))


def _without_user_value(word: str) -> str:
    """One word without what an outsider can have chosen: a named field, a query string, a path that is a message."""
    keyed = _KEYED.fullmatch(word)
    if keyed and keyed[1].lower() in _USER_FIELDS:
        return f"{keyed[1]}{keyed[2]}{keyed[3]}<{keyed[1].lower()}>{keyed[5]}"
    if "@" in word:
        word = _EMAIL.sub("<email>", word)
    if "/" not in word:
        return word
    return _SEGMENT.sub("<segment>", _QUERY_STRING.sub("?<query>", word))


def _placeholder(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "keep":
            return found.group()
        case "pod":
            return "-<pod>"
        case kind:
            return f"<{kind}>"
