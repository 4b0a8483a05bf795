"""What do secrets and personal data look like? One entry a kind; the shapes are those their issuers publish."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from agent.policy.first_words import Words
from agent.policy.secrets.checks import by_chance, drawn, mixed
from agent.policy.secrets.drawn import plain
from agent.policy.secrets.personal import PERSONAL
from agent.policy.secrets.shapes import Pattern, pattern
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import chosen, looks_drawn, plausible, strong, worded

_END = r"(?![A-Za-z0-9])"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_OF_DOCUMENTS = ("EXAMPLE", "EXAMPLEKEY")
"""So end the keys that the documentation of AWS shows."""
_BREAKS = re.compile(r"\\[rn]|\s")
_GROUPED = re.compile(rf"(?:[a-z]+-)?{_UUID}")
_MARKS = (
    "AKID LTAI SCW HRKU- v1.0- fo1_ fm1 fm2_ pscale_ sbp_ nfp_ ATBB CCIPAT_ bkua_ sq sgp_ AKCp cmVmd rubygems_ oy2 cio "
    "CLOJARS_ .atlasv1. dp. ops_eyJ A3- pnu_ pat sat. API- PMAK- sntry sha256~ xkeysib- access_token$ access- rzp_ "
    "FLWSECK api_org_ gsk_ pplx- r8_ lsv2_ xai- dt0c01. ntn_ figd_ tfp_ CFPAT- shippo_ duffel_ EZ fio-u- rdme_ _mmk "
    "sdk- api- ico- AQVN Q~ AAAAAAAAAAAAAAAAAAAA"
)
"""What issuers put before, into or after their tokens, so that scanners find them."""
_BY_ISSUERS = (
    r"(?<![A-Za-z0-9])(?:"
    r"(?:AKID|LTAI|ATBB|AKCp|cmVmd|AQVN|EZ[AT]K|oy2|cio|SCW)[A-Za-z0-9_-]{16,}"
    r"|(?:HRKU|API|PMAK|CFPAT|A3|pplx|xai|xkeysib|ico|fio-u|FLWSECK(?:_TEST)?)-[A-Za-z0-9_-]{16,}"
    r"|A{20}[A-Za-z0-9%]{40,}"
    r"|(?:fo1|fm1[ar]|fm2|pscale_[a-z]{2,6}|sb[ps]|nfp|CCIPAT|bku[ai]|sq[upa]|sgp|rubygems|CLOJARS|ops|pnu|sntry[us]"
    r"|rzp_(?:live|test)|api_org|gsk|r8|lsv2_[a-z]{2}|ntn|figd|tfp|shippo_[a-z]{4}|duffel_[a-z]{4}|rdme|whsec)"
    r"_[A-Za-z0-9_+/=-]{14,}"
    r"|(?:v1\.0-|dp\.[a-z]{2,5}\.|[ps]at\.|dt0c01\.|sha256~)[A-Za-z0-9._-]{20,}"
    r"|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{20,}"
    r"|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,}"
    r"|access_token\$[a-z]{4,12}\$[A-Za-z0-9$]{20,}"
    r"|(?<!-)(?:sdk|mob|api|pat-[a-z]{2}\d|access-[a-z]{4,12})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"
    r"|[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}"
    r")"
)


def _no_name(value: str) -> bool:
    return mixed(value) and (looks_drawn(value) or by_chance(value))


def _drawn_by_a_maker(path: str) -> bool:
    """The secret end of an address: an id in groups, or drawn, whatever stands before it in the path."""
    return _GROUPED.fullmatch(path) is not None or any(map(looks_drawn, path.split("/")[-1:]))


def _of_a_private_key(value: str) -> bool:
    """A PEM in base64 once more, whatever it is called; a certificate alone is public."""
    compact = _BREAKS.sub("", value).rstrip("=")
    said = base64.b64decode(
        compact[: len(compact) // 4 * 4], altchars=b"-_" if "-" in compact or "_" in compact else None
    )
    return b"PRIVATE KEY" in said


def _no_sentence(said: str) -> bool:
    """Four groups of four letters, as mail services give them to programs."""
    return all(map(plausible, said.split()))


def _of_basic(value: str) -> bool:
    """A user and a password, in base64."""
    return ":" in plain(value)


def _of_aws(value: str) -> bool:
    """Digests have the length of such a secret, too, but letters of one case."""
    return (
        not value.endswith(_OF_DOCUMENTS)
        and mixed(value)
        and any(map(str.isupper, value))
        and any(map(str.islower, value))
    )


def _of_a_hook(path: str) -> bool:
    """Not the path of an object: behind its number something drawn or another number."""
    return mixed(path.partition("/")[2])


_NAMED_AS_ID = (
    r"(?i:(?:key|principal)[-_.: ]?ids?|credential|akid|kennung|keys?(?=:? )|iam|user|deactivat\w{1,3})(?![a-z])"
    r"[^\n]{0,50}"
    r"(?:\{\s[^{}]{0,45})?"
    r"(?:\n[\w ]{1,20}: |\n(?=\Z)|=>\n {0,8}string\(\d{1,4}\) \")?|access_key\.[^\n]{0,40}\[id="
)
"""An access key's id is half a pair, and the half that audit logs print: it stays where its name says what it is."""
_ANOTHER = re.compile(r"[a-z_]{2,30}=[^=]")
"""A name and its value: `token_type=Bearer expires_in=3600`."""
_PARTS = ("username=", "realm=", "Credential=", "keyId=")
"""Of an Authorization header with several parts these are none that let one in."""
_ISSUED: tuple[Pattern, ...] = (
    pattern(
        "private-key",
        "PRIVATE Static",
        r"-----BEGIN [A-Za-z0-9 ]{0,20}(?:PRIVATE KEY(?: BLOCK)?|Static key "
        r"V1)-----(?:(?:(?!-----BEGIN)[\s\S]){0,12000}?"
        r"-----END [A-Za-z0-9 ]{0,20}(?:PRIVATE KEY(?: BLOCK)?|Static key "
        r"V1)-----|(?:(?:\\[nr]|\s){0,4}[A-Za-z0-9+/=]{20,})*"
        r"(?:\\n[A-Za-z0-9+/=]+)?)",
    ),
    pattern(
        "private-key",
        "LS0tLS1CRUdJTi",
        r"LS0tLS1CRUdJTi[A-Za-z0-9+/_-]{16,}(?:(?:\\[rn]|\s){1,40}[A-Za-z0-9+/_-]{30,})*={0,2}",
        check=_of_a_private_key,
    ),
    pattern("jwt", "eyJ", r"eyJ(?<![A-Za-z0-9_-]...)[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"),
    pattern(
        "aws-key",
        "AKIA ASIA ABIA ACCA",
        rf"A(?<![A-Za-z0-9].)(?:KIA|SIA|BIA|CCA)[A-Z0-9]{{16}}{_END}"
        r"(?! {0,40}\|)(?![,;\s]{1,10}(?:(?i:(?:in)?active|enabled|disabled)|\d{4}-\d\d-\d\d))"
        r"(?![`\"')]{0,2}[,:]? \(?(?:of|belongs|owned|last|created|active|inactive|in [a-z]{2}-)\b)",
        unless=_NAMED_AS_ID,
    ),
    pattern(
        "aws-secret",
        "AKIA ASIA",
        r"A[KS]IA[A-Z0-9]{16}[^\n]{0,60}?(?:\n[^\n]{0,40}?)?(?<![A-Za-z0-9/+])(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        check=_of_aws,
    ),
    pattern("gcp-key", "AIza", r"AIza[0-9A-Za-z_-]{35}"),
    pattern("gcp-token", "ya29.", r"ya29\.[0-9A-Za-z_.-]{10,}"),
    pattern("gcp-secret", "GOCSPX-", r"GOCSPX-[0-9A-Za-z_-]{20,}"),
    pattern("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{20,}"),
    pattern("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{20,}"),
    pattern(
        "gitlab-token",
        "gl GR1348941",
        r"(?<![A-Za-z0-9])(?:gl(?:pat|dt|rt|cbt|ptt|ft|agent|oas|soat|imt|ffct)-|GR1348941)[A-Za-z0-9_.-]{16,}",
    ),
    pattern("slack-token", "xox", r"xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{8,}"),
    pattern("slack-token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{10,}"),
    pattern(
        "webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9_/+-]{10,})",
    ),
    pattern("webhook", "/api/webhooks/", r"/api/webhooks/(?P<secret>\d{10,}/[A-Za-z0-9_-]{20,})"),
    pattern(
        "stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", r"(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9]{8,}"
    ),
    pattern("model-key", "sk-", r"(?<![A-Za-z0-9])sk-(?:proj-|ant-|or-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}"),
    pattern("sendgrid-key", "SG.", r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    pattern("twilio-key", "SK", rf"(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{{32}}{_END}"),
    pattern("npm-token", "npm_", r"npm_[A-Za-z0-9]{30,}"),
    pattern("pypi-token", "pypi-", r"pypi-[A-Za-z0-9_-]{40,}"),
    pattern("hf-token", "hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    pattern("do-token", "_v1_", r"do[opr]_v1_[0-9a-f]{40,}"),
    pattern("vault-token", "hvs. hvb. hvr.", r"hv[sbr]\.[A-Za-z0-9_-]{20,}"),
    pattern("telegram-token", ":AA", r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{32,33}", holds=r":AA[A-Za-z0-9_-]{32}"),
    pattern("mailgun-key", "key-", rf"(?<![A-Za-z0-9])key-[0-9a-f]{{32}}{_END}"),
    pattern("shopify-token", "shp", r"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}"),
    pattern("databricks-token", "dapi", rf"(?<![A-Za-z0-9])dapi[0-9a-f]{{32}}{_END}"),
    pattern("grafana-token", "glsa_ glc_", r"gl(?:sa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}|c_[A-Za-z0-9+/=]{32,})"),
    pattern("newrelic-key", "NRAK- NRII- NRJS-", r"NR(?:AK|II|JS)-[A-Za-z0-9_-]{19,}"),
    pattern("square-token", "sq0", r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}"),
    pattern("square-token", "EAA", r"EAA(?<![A-Za-z0-9+/]...)[A-Za-z0-9_-]{56,}"),
    pattern("atlassian-token", "ATATT3", r"ATATT3[A-Za-z0-9_=-]{20,}"),
    pattern("docker-token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[A-Za-z0-9_-]{20,}"),
    pattern("linear-key", "lin_api_", r"lin_api_[A-Za-z0-9]{30,}"),
    pattern("pulumi-token", "pul-", rf"(?<![A-Za-z0-9])pul-[0-9a-f]{{40}}{_END}"),
    pattern("age-key", "AGE-SECRET-KEY-", r"AGE-SECRET-KEY-1[0-9A-Z]{12,}"),
    pattern(
        "password",
        "://",
        r"[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s/:@\"'<>]{0,100}(?:@[\w.-]{1,60})?:(?P<secret>[^\s/\"'<>]+|(?!\d{1,5}/)[^\s\"'<>@]{8,200})@(?=[\w\[])",
        check=plausible,
    ),
    pattern(
        "password",
        "@",
        r"[=\"'][A-Za-z][\w.-]{1,40}:(?P<secret>(?!\d{1,5}/)[^\s\"'@/:]{5,100})@(?!sha256)"
        r"(?=[\w.-]{3,100}[:/\"']|[\w-]{1,60}\.[\w.-]{2,60}(?:\s|$))",
        check=lambda value: chosen(value) or worded(value) or strong(value),
    ),
    pattern(
        "password",
        "@tcp( @udp( @unix(",
        r"(?<![\w./@-])[A-Za-z][\w.-]{0,40}[/:](?P<secret>[^\s\"'<>]{3,100})@(?:tcp|udp|unix)\(",
    ),
    pattern("crypt", "$", r"\$(?:2[abxy]?\$\d\d|[156]|y|7|argon2\w{1,2}[^\s\"']{0,40})\$[A-Za-z0-9./$+=,]{22,}"),
    pattern(
        "authorization",
        "",
        r"(?i:bearer)[ +]+(?P<secret>[A-Za-z0-9._~+/=-]{8,})",
        words="bearer",
        check=lambda value: (
            plausible(value)
            and not _ANOTHER.match(value)
            and (any(char.isdigit() for char in value) or len(value) >= 24)
        ),
    ),
    pattern(
        "authorization",
        "",
        r"(?i:authorization)\\?[\"']?\s{0,3}(?:(?:=>|=|:)\s{0,3}\[?\\?[\"']?(?:[A-Za-z][A-Za-z0-9-]{2,20}\s+)?"
        r"|(?:(?<=[\"']),)?\s?\\?[\"'][A-Za-z][A-Za-z0-9-]{2,20} )(?P<secret>[^\s\"'`,;<>\]]{6,})",
        words="authorization",
        check=lambda value: plausible(value) and not value.startswith(_PARTS),
    ),
    pattern("issued", _MARKS, _BY_ISSUERS, check=mixed, unless=r"(?i:access[-_ ]?key[-_ ]?ids?)[^\n]{0,20}"),
    pattern("private-key", "Private-Lines", r"Private-Lines: \d{1,3}\s+(?P<secret>(?:[A-Za-z0-9+/=]{4,80}\s+){1,100})"),
    pattern("issued", "-", r"(?<![\d-])\d{6}(?:-\d{6}){7}(?![\d-])", holds=r"-\d{6}-\d{6}-"),
    pattern(
        "password",
        "assword",
        r"(?i:app(?:lication)? passwords?)(?:[ :]{1,3}|[^\n:=]{0,60}(?:[:=] ?| is ))(?:is )?[\"'`]?"
        r"(?P<secret>[a-z]{4}(?: [a-z]{4}){3}|[a-z]{16})\b",
    ),
    pattern(
        "password",
        "",
        r"(?i:pass(?:word)?|pwd?)\\?[\"']?[ :=]{1,3}\\?[\"'`]?(?P<secret>[a-z]{4}(?: [a-z]{4}){3})"
        r"(?=\\?[\"'`]?[ \t]*(?:\\n|[\n,;]|$))",
        words="pass pw",
        check=_no_sentence,
    ),
    pattern(
        "secret",
        "",
        r"(?i:manual|authenticator|totp|2fa|mfa)[^\n]{0,60}?[:=] ?[`\"']?"
        r"(?P<secret>(?=[a-z ]*\d)[a-z2-7]{4}(?: [a-z2-7]{4}){3,7})\b",
        words="manual authenticator totp 2fa mfa",
    ),
    pattern("issued", "TGT-", r"(?<![A-Za-z0-9])TGT-\d{1,8}-[A-Za-z0-9.-]{20,}"),
    pattern("secret", "key=", r"[?&]key=(?P<secret>[A-Za-z0-9_.~-]{16,})", check=_no_name),
    pattern(
        "issued",
        "AVNS_ tskey- rootly_",
        r"(?<![A-Za-z0-9])(?:AVNS_[\w-]{16,}|tskey-[\w-]{20,}|rootly_[0-9a-f]{40,})",
    ),
    pattern("issued", "1/", r"1/(?<![A-Za-z0-9]..)\d{12,20}:[0-9a-f]{32}"),
    pattern("secret", "X-H x-h", r"(?i:x-honeycomb-team)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<secret>[A-Za-z0-9]{20,64})"),
    pattern("webhook", "/IncomingWebhook/", r"/IncomingWebhook/(?P<secret>[A-Za-z0-9/-]{30,})"),
    pattern(
        "webhook",
        "/hook /inputs/ /key/ /t/ /v1/http/ generic/ /incoming/ /ingest/",
        r"/(?:(?:web)?hooks?|inputs|with/key|t|receiver/v1/http|generic/\d{4,12}/alert|incoming|ingest)/"
        r"(?P<secret>[A-Za-z0-9_-]{16,}(?:/[A-Za-z0-9_-]{16,})?={0,2})",
        check=_drawn_by_a_maker,
    ),
    pattern(
        "webhook",
        "hook",
        r"(?i:hooks?\.[\w.]{1,40}/(?:[a-z]{1,20}/){0,3})(?P<secret>\d{4,}/[A-Za-z0-9_/-]{6,})",
        check=_of_a_hook,
    ),
    pattern("telegram-token", "/bot", r"/bot(?P<secret>\d{6,}:[A-Za-z0-9_-]{20,})"),
    pattern("secret", "code= ticket=", r"[?&](?:code|ticket)=(?P<secret>[A-Za-z0-9_.~%/+-]{16,})", check=mixed),
    pattern(
        "secret",
        "/",
        r"/(?:magic|magic-?link|reset|reset-password|password[_-]?resets?|"
        r"verify|verify-email|invites?|invitations?(?:/accept)?|accept|sign-?up|recover|confirm|activate|activation|unlock"
        rf"|set-password|signin|login|token|share|shared)/(?!{_UUID})(?P<secret>[A-Za-z0-9_-]{{20,}})",
        check=_no_name,
    ),
    pattern(
        "secret",
        "/magic /reset /password /invit /activate/ /verify-email/ /set-password/ /confirm/ /unlock/ /join/",
        r"/(?:magic|magic-?link|reset|reset-password|password[_-]?resets?|invit\w{1,7}|activate|verify-email|set-password"
        rf"|confirm|unlock|join)/(?P<secret>{_UUID})",
        holds=r"-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-",
    ),
    pattern(
        "secret",
        "",
        r"https?://[^\s?\"']{1,200}/(?:magic|login|invite|reset|verify|join|sso|auth|activate|confirm|unlock|share)[\w-]{0,20}"
        r"\?(?:\w{1,12}=[^\s&]{0,40}&){0,3}(?:t|k|c|h|s|key|tok|token|hash|link|magic|invite|otl)=(?P<secret>[A-Za-z0-9_.~%-]{16,})",
        words="http",
        holds=r"\?\w",
        check=mixed,
    ),
    pattern(
        "issued",
        "",
        r"(?i:serial|licen[cs]e|activat\w{1,4}|product key)\b[^\n]{0,40}?[ :=]"
        r"(?P<secret>[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){3,7})(?![\w-])",
        words="serial licen activat product",
        check=mixed,
    ),
    pattern(
        "secret",
        '"keyName',
        r"\"keyName\":\s?\"\w{1,30}\"[^{}]{0,120}\"value\":\s?\"(?P<secret>[A-Za-z0-9+/=]{40,200})",
    ),
    pattern("secret", '"key"', r"\"key\":\s?\"(?P<secret>[A-Za-z0-9]{32})\"", check=drawn),
    pattern("cookie", "", r"(?i:session)(?: (?i:id))? (?P<secret>[0-9A-F]{32})(?![0-9A-Fa-f-])", words="session"),
    pattern(
        "issued",
        "xaat- cxtp_ pcsk_ shpat_ token-",
        rf"(?<![A-Za-z0-9])(?:xaat-{_UUID}|(?:cxtp|pcsk|shp(?:at|ca|pa|ss))_\w{{18,}}"
        r"|token-[a-z0-9]{5}:[a-z0-9]{40,})",
    ),
    pattern("issued", "sk_", r"sk_(?<![A-Za-z0-9]...)[0-9a-f]{28,}"),
    pattern("issued", "django-insecure-", r"django-insecure-[^\s\"'`]{20,80}"),
    pattern("issued", "SU SA SO", r"S(?<![A-Za-z0-9].)[UAO][A-Z2-7]{56}(?![A-Za-z0-9])"),
    pattern("issued", "NRAL", r"(?<![A-Za-z0-9])[0-9a-f]{36}NRAL(?!\w)"),
    pattern(
        "private-key",
        "kty",
        r"\\?[\"'](?:d|p|q|dp|dq|qi|k)\\?[\"']\s{0,3}:\s{0,3}\\?[\"'](?P<secret>[A-Za-z0-9_-]{16,2000})",
    ),
    pattern(
        "secret",
        '"sensitive',
        r"\\?\"sensitive\\?\":\s?true,\s{0,8}(?:\\?\"type\\?\":\s?\\?\"\w{1,20}\\?\",\s{0,8})?"
        r"\\?\"value\\?\":\s?\\?\"(?P<secret>[^\"\n]{3,4000}?)\\?\"",
    ),
    pattern(
        "issued",
        "-",
        r"(?<![\w-])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}(?![\w-])",
        check=mixed,
        holds=r"-[A-Z0-9]{5}-[A-Z0-9]{5}-",
    ),
    pattern(
        "password",
        " LOGIN ",
        r"(?<![\w.])[A-Za-z]{0,4}\d{1,6} LOGIN \"?[^\s\"]{1,100}\"? (?P<quote>\"?)(?P<secret>[^\s\"]{3,200})",
    ),
    pattern("webhook", "/webhookb2/ office.com/webhook/", r"/webhook(?:b2)?/(?P<secret>[A-Za-z0-9@/-]{60,})"),
    pattern("secret", "/reset/", r"/reset/(?:confirm/)?[A-Za-z0-9_=-]{1,12}/(?P<secret>[a-z0-9]{1,13}-[0-9a-f]{20,})"),
    pattern("secret", "://", r"://(?P<secret>[A-Za-z0-9_-]{20,200})@(?=\w)", check=looks_drawn),
    pattern("webhook", "/api/push/", r"/api/push/(?P<secret>[A-Za-z0-9]{8,64})(?![\w/])", check=mixed),
    pattern("webhook", "hc-ping.com/", rf"hc-ping\.com/(?P<secret>{_UUID})"),
    pattern("issued", "K00", r"(?<![A-Za-z0-9])K00[A-Za-z0-9+/]{28}(?![A-Za-z0-9+/=])", check=by_chance),
    pattern("authorization", "Basic basic", r"(?i:basic) (?P<secret>[A-Za-z0-9+/]{8,}={0,2})", check=_of_basic),
    pattern("issued", "AAEAAW", r"(?<![A-Za-z0-9])AAEAAW[A-Za-z0-9_-]{30,}"),
    pattern("secret", "shared_invite/", r"shared_invite/(?P<secret>[A-Za-z0-9_~-]{20,})"),
    pattern("issued", ":APA91b", r"(?<![\w-])AAAA[\w-]{7}:APA91b[\w-]{20,}"),
    pattern("secret", "appid=", r"(?<![A-Za-z])appid=(?P<secret>[0-9a-f]{32})(?!\w)"),
    pattern("password", "WIFI:", r"WIFI:[^\n]{0,120}?;P:(?P<secret>(?:\\.|[^;\n\\]){4,100});"),
    pattern("issued", "AQ", r"(?<![A-Za-z0-9+/])AQ[A-Za-z0-9+/]{36}==(?![A-Za-z0-9+/=])", check=by_chance),
    pattern("issued", "-us", r"(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?!\w)"),
)
PATTERNS = (*_ISSUED, *PERSONAL)
_HINTED: dict[str, list[tuple[str, int]]] = {}
"""By the hint in lower case: the hint as it is written, and the pattern."""
_BEGUN: dict[str, list[int]] = {}
for _at, _one in enumerate(PATTERNS):
    for _hint in _one.hints:
        _HINTED.setdefault(_hint.lower(), []).append((_hint, _at))
    for _word in _one.words:
        _BEGUN.setdefault(_word, []).append(_at)
_HINTS, _BEGINNINGS = Words(_HINTED), Words(_BEGUN)
_ALWAYS = frozenset(at for at, one in enumerate(PATTERNS) if not one.hints and not one.words)


def patterned(text: str, small: str) -> Iterator[Found]:
    """What looks like one of them; `small` is the text in lower case. Most texts hold no hint of any."""
    hinted = [at for low in _HINTS.within(small) for hint, at in _HINTED[low] if hint in text]
    begun = [at for word in _BEGINNINGS.within(small) for at in _BEGUN[word]]
    for at in sorted(_ALWAYS.union(hinted, begun)):
        yield from PATTERNS[at].spans(text)


_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,}+={0,2}(?![A-Za-z0-9+/_=-])")
_WORD = re.compile(r"[^\s\"'<>]+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


def encoded(text: str) -> list[tuple[int, int, str]]:
    """What is written in base64 or with percent signs: start, end, and what it says."""
    found = [(one.start(), one.end(), said) for one in _BASE64.finditer(text) if (said := plain(one[0]))]
    if "%" in text:
        words = (one for one in _WORD.finditer(text) if _PERCENT.search(one[0]))
        found += [(one.start(), one.end(), unquote_plus(one[0])) for one in words]
    return found
