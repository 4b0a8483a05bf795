"""Which strings look drawn, and are no id of anything? What has a name that is no secret's is left to the name."""

import base64
import binascii
import re
from collections.abc import Iterator

from agent.policy.secrets.checks import drawn
from agent.policy.secrets.spans import Found

_WORD = re.compile(r"(?<![A-Za-z0-9_/+.~%-])[A-Za-z0-9_/+.~-]{20,}+={0,2}(?![\w@])")
_PUBLIC = re.compile(
    r"-----BEGIN (?:[A-Z0-9 ]{0,30} )?(?:CERTIFICATE|PUBLIC KEY)[A-Z ]{0,20}-----(?:(?!-----)[\s\S]){0,20000}"
)
_NAMED = re.compile(
    r"(?:session=<|[\"'\]]=>\s{0,12}string\(\d{1,4}\) \"|name=\\?\"[\w.-]{1,60}\\?\"(?:\r?\n){2}"
    r"|[\w\]-][\"'`]{0,2}(?:=|=>|:=|:)[\"'`]{0,2}|[\w\]-]\\?[\"'][ "
    r"]?(?:=>|:|=)[ ]?\\?[\"']?|(?:^|\n|\\n|[{,])[-+<>* \t]{0,12}[\w.-]{1,60}[ "
    r"]{0,3}(?:=>|::?|=)[ ]{0,8}\\?[\"'`]?"
    r"|(?:ssh|ecdsa|sk)-[\w@.-]{2,40} |(?:SHA|sha|MD|md)\d{1,3}[:-]|[\w-][ ]=[ ]\\?[\"']?|\|1\|(?:["
    r"\w+/]{27}=\|)?|\"[ ]-[ ])\Z"
)
_OF_AN_ID = re.compile(
    r"(?i)(?<![a-z])(?:site key|ids?|[ug]uids?|sid|cursor|schema|version|body|payload|hash|"
    r"digest(?:value)?|accessor|etag|checksum|fingerprint|thumbprint|cert\w{0,8}"
    r"|public|publishable|nonce|revision|marker|continuation|trace|span|"
    r"request[ _-]id|integrity|snapshot|object|ref|kid|arn|checkpoint|"
    r"blob|chunk|offset|shard"
    r"|issue|dnskey|rrsig|tlsa|sshfp|csr|md5|sri|TXT|accessor|peer|tx_?hash|avatar|image|protobuf|avro)(?![a-z])[^\n]{0,60}\Z|(?-i:ENC(?:[\[(]|%5B)|\{cipher\})[^\n]{0,60}\Z|(?-i:[a-z]I[Dd]s?|[Pp]ublic[A-Z])(?![a-z])[^\n]{0,20}\Z"
)
_ID = re.compile(
    r"0x[0-9a-f]{40,64}|[A-Z]{2}[0-9a-f]{32}|pk_(?:live|test)_\w+|sha\d{1,3}-.*|[a-z]{1,12}[-_][A-Za-z0-9]{8,30}|"
    r"(?:AAAA[BCE][23][A-Za-z0-9]{3}).*|[\w.-]+(?:/[\w.-]+){2,}|/nix/store/.+|age1[a-z0-9]{50,}|nonce-.*|amq\.(?:ctag|gen)-.*|(?:[A-Za-z]+-){2,5}[0-9a-f]{40,128}|1//?.{0,10}"
    r"|AQAAANCMnd8.*|AQICAH[a-j].*|(?:/[\w.~-]+)*/(?:uid|uids|acme-challenge|blobs?|objects?|assets?|static)/.*|01[0-9A-HJKMNP-TV-Z]{24}"
)

_OF_OKTA = re.compile(r"(?:0[0op][a-zA-Z]|aus|ost|opf|sms|mbl|rul|rst|uft|clf)[A-Za-z0-9]{17}")
"""Ids of applications, users, factors and the like."""
_OF_AN_INDEX = re.compile(r"(?:green|yellow|red) +(?:open|close) +\S{1,200} +\Z")
_WITHIN_AN_INDEX = re.compile(r"[a-z0-9.][\w.-]*/[\w-]{22}")
_NODE = 22
"""Characters of 16 bytes in base64."""


def drawn_secrets(text: str) -> Iterator[Found]:
    """Long words without a name that chance has written."""
    public: list[tuple[int, int]] | None = None
    for found in _WORD.finditer(text):
        word = found[0]
        if (
            _ID.fullmatch(word)
            or _OF_OKTA.fullmatch(word)
            or _node(text, *found.span())
            or not drawn(word)
            or _named(text, found.start())
        ):
            continue
        if public is None:
            public = [one.span() for one in _PUBLIC.finditer(text)] if "-----BEGIN" in text else []
        if not any(start <= found.start() < end for start, end in public) and not plain(word):
            yield Found(*found.span(), "drawn")


def _node(text: str, start: int, end: int) -> bool:
    """Whether it is the id of one among several things, as search engines write: `[id][name]`, `{id}{id}`, `[x/id]`."""
    before, behind = text[start - 1 : start], text[end : end + 2]
    if end - start != _NODE:
        return before == "[" and behind[:1] == "]" and _WITHIN_AN_INDEX.fullmatch(text, start, end) is not None
    listed = _OF_AN_INDEX.search(text, max(0, start - 230), start) is not None
    return listed or before + behind in ("[][", "{}{")


def _named(text: str, at: int) -> bool:
    return (
        _NAMED.search(text, max(0, at - 80), at) is not None or _OF_AN_ID.search(text, max(0, at - 70), at) is not None
    )


def plain(token: str) -> str:
    """What a base64 token says; empty when that is no text."""
    if token.isalpha() or "/" in token[:1]:
        return ""
    try:
        raw = base64.b64decode(
            token.replace("-", "+").replace("_", "/").rstrip("=") + "=" * (-len(token.rstrip("=")) % 4)
        )
        said = raw.decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return said if said.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in said) else ""
