"""What does a LogQL query mean?  The part of the language that the captured requests and our own client use.

Selectors, line filters, `| json`, `| logfmt`, label filters, `| line_format`, range and vector aggregations. Anything
else is a parse error, as it would be for a typing mistake in a real Loki.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

EMPTY_MATCHERS = (
    "parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible "
    'value. For instance, app=~".*" does not meet this requirement, but app=~".+" will'
)


class ParseError(Exception):
    """The message is what Loki answers."""


@dataclass(frozen=True)
class Matcher:
    label: str
    op: str
    value: str

    def fits(self, labels: Mapping[str, str]) -> bool:
        return matches(self.op, labels.get(self.label, ""), self.value)

    def __str__(self) -> str:
        return f"{self.label}{self.op}{json.dumps(self.value, ensure_ascii=False)}"


def matches(op: str, found: str, value: str) -> bool:
    match op:
        case "=":
            return found == value
        case "!=":
            return found != value
        case "=~":
            return re.fullmatch(value, found, re.DOTALL) is not None
    return re.fullmatch(value, found, re.DOTALL) is None


@dataclass
class Entry:
    """One line on its way through the stages; `base` are the labels it was stored with."""

    nanoseconds: int
    line: str
    base: Mapping[str, str]
    labels: dict[str, str]


Stage = Callable[[Entry], bool]
"""Changes the entry; False drops it."""


@dataclass(frozen=True)
class LogQuery:
    matchers: tuple[Matcher, ...]
    stages: tuple[tuple[str, Stage], ...] = ()
    """As they are written, and what they do."""

    def __str__(self) -> str:
        selector = "{" + ", ".join(str(matcher) for matcher in self.matchers) + "}"
        return " ".join([selector, *(written for written, _ in self.stages)])

    def selects(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.fits(labels) for matcher in self.matchers)

    def passed(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if all(stage(entry) for _, stage in self.stages):
                yield entry


@dataclass(frozen=True)
class RangeQuery:
    function: str
    inner: LogQuery
    nanoseconds: int


@dataclass(frozen=True)
class Aggregation:
    function: str
    inner: "RangeQuery | Aggregation"
    by: tuple[str, ...] = ()
    most: int = 0
    """Of `topk`."""


Query = LogQuery | RangeQuery | Aggregation


def parse(text: str) -> Query:
    query = _Parser(text).whole()
    selector: Any = query
    while not isinstance(selector, LogQuery):
        selector = selector.inner
    if not any(_requires(matcher) for matcher in selector.matchers):
        raise ParseError(EMPTY_MATCHERS)
    return query


def _requires(matcher: Matcher) -> bool:
    if matcher.op == "=":
        return matcher.value != ""
    return matcher.op == "=~" and re.fullmatch(matcher.value, "") is None


_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<duration>(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[smhdwy]))+)
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<word>[a-zA-Z_][a-zA-Z0-9_:]*)
    |(?P<sign>\|=|\|~|\|>|!=|!~|=~|==|>=|<=|[{}()\[\],|=<>]))""",
    re.VERBOSE,
)
_UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
    "w": 7 * 86400 * 10**9,
    "y": 365 * 86400 * 10**9,
}
RANGE_FUNCTIONS = ("count_over_time", "rate")
VECTOR_FUNCTIONS = ("sum", "topk")
ON_TEXT = ("=", "!=", "=~", "!~")
ON_NUMBERS = (">", ">=", "<", "<=", "==", "=", "!=")


def duration(text: str) -> int:
    """Nanoseconds."""
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhdwy])", text)
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


@dataclass
class _Token:
    kind: str
    text: str
    column: int


@dataclass
class _Parser:
    text: str
    tokens: list[_Token] = field(default_factory=list)
    place: int = 0

    def __post_init__(self) -> None:
        at = 0
        while self.text[at:].strip():
            found = _TOKEN.match(self.text, at)
            if found is None:
                raise ParseError(f"parse error at line 0, col {at + 1}: syntax error: unexpected character")
            kind = found.lastgroup or ""
            self.tokens.append(_Token(kind, found[kind], found.start(kind) + 1))
            at = found.end()

    def whole(self) -> Query:
        query = self._query()
        if self.place < len(self.tokens):
            self._unexpected("$end")
        return query

    def _query(self) -> Query:
        word = self._peek()
        if word.text in RANGE_FUNCTIONS:
            return self._range()
        if word.text in VECTOR_FUNCTIONS:
            return self._aggregation()
        return self._log()

    def _range(self) -> RangeQuery:
        function = self._next().text
        self._expect("(")
        inner = self._log()
        self._expect("[")
        length = self._next()
        if length.kind != "duration":
            self._unexpected("DURATION", length)
        self._expect("]")
        # A filter may also stand after the range.
        stages = (*inner.stages, *self._stages())
        self._expect(")")
        return RangeQuery(function, LogQuery(inner.matchers, stages), duration(length.text))

    def _aggregation(self) -> Aggregation:
        function = self._next().text
        by = self._grouping()
        self._expect("(")
        most = 0
        if function == "topk":
            most = int(self._next().text)
            self._expect(",")
        inner = self._query()
        if isinstance(inner, LogQuery):
            self._unexpected("RANGE")
        self._expect(")")
        return Aggregation(function, inner, by, most)

    def _grouping(self) -> tuple[str, ...]:
        if self._peek().text != "by":
            return ()
        self._next()
        self._expect("(")
        names = []
        while self._peek().text != ")":
            names.append(self._next().text)
            if self._peek().text == ",":
                self._next()
        self._expect(")")
        return tuple(names)

    def _log(self) -> LogQuery:
        self._expect("{")
        matchers = []
        while True:
            label, op, value = self._next(), self._next(), self._next()
            if label.kind != "word" or op.text not in ON_TEXT or value.kind != "string":
                self._unexpected("STRING", value)
            matchers.append(Matcher(label.text, op.text, _operand(op.text, value.text)))
            after = self._next()
            if after.text == "}":
                break
            if after.text != ",":
                self._unexpected("} or ,", after)
        return LogQuery(tuple(matchers), tuple(self._stages()))

    def _stages(self) -> Iterator[tuple[str, Stage]]:
        while self._peek().text in ("|=", "!=", "|~", "!~", "|"):
            sign = self._next().text
            if sign != "|":
                yield self._line_filter(sign)
                continue
            word = self._next()
            match word.text:
                case "json":
                    yield "| json", _json_stage
                case "logfmt":
                    yield "| logfmt", _logfmt_stage
                case "line_format":
                    form = _string(self._next().text)
                    yield f"| line_format {json.dumps(form)}", _formatter(form)
                case _:
                    yield self._label_filter(word)

    def _line_filter(self, sign: str) -> tuple[str, Stage]:
        token = self._next()
        if token.kind != "string":
            self._unexpected("STRING", token)
        text = _operand(sign, token.text)
        tests: dict[str, Stage] = {
            "|=": lambda entry: text in entry.line,
            "!=": lambda entry: text not in entry.line,
            "|~": lambda entry: re.search(text, entry.line) is not None,
            "!~": lambda entry: re.search(text, entry.line) is None,
        }
        return f"{sign} {json.dumps(text, ensure_ascii=False)}", tests[sign]

    def _label_filter(self, label: _Token) -> tuple[str, Stage]:
        written, test = self._comparison(label)
        while self._peek().text == "or":
            self._next()
            more, other = self._comparison(self._next())
            written, test = f"{written} or {more}", _either(test, other)
        return f"| {written}", test

    def _comparison(self, label: _Token) -> tuple[str, Stage]:
        sign, value = self._next(), self._next()
        op = sign.text
        written = f"{label.text}{op}{value.text}"
        if value.kind == "string" and op in ON_TEXT:
            wanted = _operand(op, value.text)
            return written, lambda entry: matches(op, entry.labels.get(label.text, ""), wanted)
        if value.kind not in ("number", "duration") or op not in ON_NUMBERS:
            self._unexpected("a comparison", sign)
        bound = float(value.text) if value.kind == "number" else duration(value.text) / 1e9
        return written, lambda entry: _compares(entry, label.text, op, bound)

    def _peek(self) -> _Token:
        return self.tokens[self.place] if self.place < len(self.tokens) else _Token("", "$end", len(self.text) + 1)

    def _next(self) -> _Token:
        token = self._peek()
        self.place += 1
        return token

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.text != text:
            self._unexpected(text, token)

    def _unexpected(self, expected: str, token: _Token | None = None) -> NoReturn:
        found = token or self._peek()
        raise ParseError(
            f"parse error at line 0, col {found.column}: syntax error: unexpected {found.text}, expecting {expected}"
        )


def _either(one: Stage, other: Stage) -> Stage:
    return lambda entry: one(entry) or other(entry)


def _string(written: str) -> str:
    """A Go string: between back-ticks as it stands, between quotes with escapes."""
    if written.startswith("`"):
        return written[1:-1]
    try:
        return re.sub(
            r"\\(?:x([0-7][0-9a-f])|(.))", lambda e: chr(int(e[1], 16)) if e[1] else _ESCAPES[e[2]], written[1:-1]
        )
    except KeyError:
        raise ParseError("parse error : invalid char escape") from None


def _operand(op: str, written: str) -> str:
    """What is compared with; where that is an expression, it must be one."""
    text = _string(written)
    if op.endswith("~"):
        try:
            re.compile(text)
        except re.error as error:
            raise ParseError(f"parse error : error parsing regexp: {error}") from None
    return text


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def _compares(entry: Entry, label: str, op: str, bound: float) -> bool:
    """False where there is no such label; what is no number is marked and stays."""
    if label not in entry.labels:
        return False
    found = entry.labels[label]
    try:
        value = float(found)
    except ValueError:
        if not re.fullmatch(r"(\d+(\.\d+)?(ns|us|µs|ms|[smhdwy]))+", found):
            entry.labels["__error__"] = "LabelFilterErr"
            return True
        value = duration(found) / 1e9
    return {
        ">": value > bound,
        ">=": value >= bound,
        "<": value < bound,
        "<=": value <= bound,
        "==": value == bound,
        "=": value == bound,
        "!=": value != bound,
    }[op]


def _json_stage(entry: Entry) -> bool:
    try:
        found = json.loads(entry.line, parse_int=str, parse_float=str)
    except ValueError:
        found = None
    if isinstance(found, dict):
        _extract(entry, dict(_flat(found)))
    else:
        entry.labels |= {"__error__": "JSONParserErr"}
    return True


def _flat(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested names are joined by underscores; arrays and nulls are left out, numbers stay as they are written."""
    for name, value in found.items():
        key = re.sub(r"[^a-zA-Z0-9_]", "_", prefix + name)
        match value:
            case dict():
                yield from _flat(value, key + "_")
            case bool():
                yield key, str(value).lower()
            case str():
                yield key, value


def _logfmt_stage(entry: Entry) -> bool:
    found = re.finditer(r'([^\s=]+)=("(?:[^"\\]|\\.)*"|\S*)', entry.line)
    _extract(entry, {pair[1]: _string(pair[2]) if pair[2].startswith('"') else pair[2] for pair in found})
    return True


def _extract(entry: Entry, found: Mapping[str, str]) -> None:
    """A name that the entry was stored with keeps its value; the new one is `..._extracted`."""
    for name, value in found.items():
        entry.labels[f"{name}_extracted" if name in entry.base else name] = value


def _formatter(form: str) -> Stage:
    def stage(entry: Entry) -> bool:
        entry.line = re.sub(r"\{\{\s*\.(\w+)\s*\}\}", lambda name: entry.labels.get(name[1], ""), form)
        return True

    return stage
