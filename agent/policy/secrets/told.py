"""Where does somebody tell a secret in a sentence? "The password of app is X", "le mot de passe est X"."""

import re
from collections.abc import Iterator

from agent.policy.first_words import matches
from agent.policy.secrets.checks import by_chance
from agent.policy.secrets.names import Trust, trust, words_of
from agent.policy.secrets.sentences import LEAD, NUMBERED, TYPED, WORD, Word, bare_word, slug, window
from agent.policy.secrets.spans import Found
from agent.policy.secrets.values import (
    chosen,
    issued,
    known,
    looks_drawn,
    paired,
    plausible,
    strong,
    told_outright,
    worded,
)
from agent.policy.secrets.words import words

_PASSWORDS = (
    r"🔑|🔐|🗝|(?:user)?pass(?:word|wd|phrase|code|wrod|owrd|wod)?s?|pass?w?rod|passowrd|pasword|psswd|pwd?|pass|psk|credentials?|creds?|"
    r"community(?: string)?|(?:shared|radius)[ _-]secret|passwor[dt]|kennwort|wachtwoord"
    r"|mot de passe|mdp|(?:wi-?fi|wlan|wpa2?|vpn|pre[ -]?shared) (?:key|schlüssel|code)|парольная "
    r"фраза|contraseña|contrasena|clave|senha|has[lł](?:o|"
    r"a|em)|parola|heslo|lösenord(?:et)?|парол[ьяе]м?|salasana|şifre|jelszó|"
    r"adgangskode|passord|parolă|lozinka|geslo|slaptažodis|salasõna|kata sandi|mật khẩu|κωδικό[ςσ]?|лозинка|парола|"
    r"סיסמ[הא]|كلمة (?:المرور|السر)|رمز عبور|पासवर्ड|รหัสผ่าน|zugangsdaten|anmeldedaten|identifiants|credenciales|"
    r"credenziali|credenciais|(?<=redis )auth(?= )"
)
_ISSUED = (
    r"tokens?|jetons?|(?:api-?)?schlüssel|clé(?: api)?|clave(?= api)|chave(?= de api)|(?<!client )secret[ _]id|"
    r"secrets?|keys?(?: base| hex)?|apikey|cookie|pat|licen[cs]e|seed|pepper|psk"
)
_NOUN = re.compile(
    rf"(?<![\w./=&?#$<-])(?:(?P<password>{_PASSWORDS})|(?P<issued>{_ISSUED})"
    rf")(?![\w/(=]|[-.]\w|:\S)|(?P<east>密码是?|密碼是?|口令|パスワードは?|비밀번호는?|暗証番号は?)"
)
_STEMS = (
    "mot de passe",
    "pre shared",
    "kata sandi",
    "mật khẩu",
    "كلمة",
    "رمز عبور",
    "userpass",
    *words(
        "pass pw psk cred community kennwort wachtwoord mdp contrase clave senha hasl hasł parola heslo lösenord парол "
        "salasana şifre jelszó adgangskode passord parol lozinka geslo slaptažodis salasõna κωδικό лозинка парола סיסמ "
        "पासवर्ड รหัสผ่าน zugangsdaten anmeldedaten identifiants credenc credenz jeton schlüssel api- clé chave "
        "密 口令 パスワード 비밀번호 暗証番号 token secret key auth apikey cookie "
        "🔑 🔐 🗝 pat licen seed pepper serial wifi wi-fi wlan wpa vpn preshared pre-shared radius shared"
    ),
)
_KEY = re.compile(r"(?:[\w-]{2,20} )?[\w-]{2,20} \Z")
_SIGNED_WITH = re.compile(
    r"(?:(?i:x\.?509|\bcert\w*)[^\n]{0,40} |gserviceaccount\.com |"
    r"[Ss]igned (?:with|by|using) (?:the |our )?(?:GPG |gpg |PGP )?|(?:usin"
    r"g|by) (?:[A-Z]{3,5} |a"
    r"n? )|with RSA |set to the )$"
)
"""What gpg calls a key by is its fingerprint; Kubernetes calls one within a Secret by its name."""
_DOING = re.compile(r"(?<!rout)(?<!sign)ing \Z")
"""`missing key X`, `using key X`."""
_MOST_WORDS, _NEAR = 18, 4
_COPULAS = words(
    "is was are be to : = now with from as using type enter use by ist lautet est es é è är er jest это → -> => – - "
    "/ // | it's its es: via будет は 是 为 為 こと new old and or now jetzt "
    "ahora maintenant agora teraz nu ora adesso теперь 现在 и und et y "
    "e i je este là είναι adalah หรือ คือ هي היא then become becomes set currently equals remains reads says contains "
    "c'est à ? >> .. ; – — ==> 's ’s held holds contained"
)
_OUTRIGHT = words(
    "is was are : = type enter ist lautet est es é è är er jest это -> => → は 是 为 es: now will agora to from "
    "jetzt je este là "
    "είναι adalah คือ هي היא "
    "ahora maintenant teraz nu ora adesso теперь 现在 currently equals remains reads c'est >> – — ==> 's ’s"
)
_ADVERBS = words(
    "still just simply literally actually again always probably exactly also currently only basically really usually "
    "definitely not anymore being been the same no longer (it's it's"
)
"""Between "is" and what it is."""
_OTHER = words(
    "id ids name names ttl policy policies hash hashes hashing expiry expires expired expiration rotation "
    "file path url endpoint reset length manager store authentication type prompt field count limit usage "
    "version ref refs arn issuer provider source chain form page screen mail mails email emails link links"
)
_IDS = words("id ids uuid")
_TOLD_BY = re.compile(r" [`\"'*]|:? to |: ")
_ABOUT_AN_ID = re.compile(
    r"(?i)(?:requesttoken|guid|uuid|(?:(?<![a-z])id|(?-i:(?<=[a-z])I[dD])|identifier|hash|sha\d*|digest)|(?:\b|_)(?:commit|image|spis?|pods?|nodes?|hosts?|trace|span|etag|no"
    r"|number|build|rev|revision|release|tag|md5|checksum|request|order|job|run|tx|event|fingerprint))\W*\Z"
)
_LOGGED = words("logs, log, output, plain, clear, text, plaintext, cleartext, here, chat, ticket, channel,")
_JOINING = words("is was = are isn't")
_ABOUT = re.compile(r" (?:for|of|on|in|to|from) (?:the |our |my )?[\w.-]{1,40} (?:is|was|are) $")
_NAMES = words("name names user users host id role db database table namespace pod")
_PHRASE = re.compile(
    r"(?P<words>(?:[a-z]{3,}|\d{1,4})(?: (?:[a-z]{3,}|\d{1,4})){3,9}[!?*#$]?)(?=\.?[ \t]*(?:$|\n|\\n"
    r"|[\"(),]|(?:ok|right|correct|still|thx|thanks|pls|please)\b))"
)
_IN_QUOTES = re.compile(
    r"\\{0,3}(?:(?P<q>[\"'`])|(?P<curved>[“„«]))(?=\S)(?P<v>[^\"'`“”„«»\n\\]{4,200})\\{0,3}(?(q)(?P=q)|[”“»])"
)
_CLOSED = re.compile(r"\\{0,3}\"\s?[,:=}\])]")
"""Behind a noun: it was itself a value, or a name, of JSON."""
_FIELD = re.compile(r"(?i)[a-z_]{0,20}(?:id|trace|span)=|(?-i:[a-z][a-z_.]{1,30}(?:\d{1,3})?=[^=])")
_TABLE = re.compile(r"(?i)\b(?:select|delete|insert|update)\b")
_RUN = re.compile(
    r"(?:\$ |sudo )?(?:kubectl|helm|docker|podman|systemctl|service|terraform|git|aws|gcloud|az|ssh|curl"
    r"|make|npm|vault|oc|ansible|ansible-playbook|psql|mysql|redis-cli|journalctl|python3?|bash|sh|bin/\S+|\./\S+) "
)
"""A command of a shell, in quotes as a phrase would be."""
_POINTED = re.compile(r"(?i:use|here'?s|try|take) (?i:this|the|my|that|our)(?: [\w-]{1,20})? [\w-]+\Z")
_ASIDE = re.compile(r" \((?!\S+\))[^()\n]{4,60}\)(?= )")
"""`password (shown once) X`; not `password (X)`."""
_ACCOUNT = re.compile(r" (?:for|of|to) (?:the |user |account )?[\w.@]{1,30}[-_.@][\w.@-]{1,40}: ?[`\"']?$")
_CALLED = re.compile(r"(?i:phrase:?|master pass(?:word)?)\Z")
_OPTION = re.compile(r" --?[a-z]")
_NUMBERED = re.compile(r"(?:[a-z]{3,} ){2,5}\d{2,4}")
_OF_A_FIELD = re.compile(r"[a-z]+(?:_[a-z]+)+")
_HEX = re.compile(
    r"[0-9a-fA-F]{24,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|"
    r"[A-Z0-9]{4,8}(?:-[A-Z0-9]{4,8}){2,}|(?=[A-Z]*[2-7])[A-Z2-7]{16,}"
)
_CAPITALS = re.compile(r"[A-Z]{16,64}")
_OF_ENTRA = re.compile(r"(?i:entra|azure|client secret|app registration|service principal)")
"""There a secret has an id besides, which is none; elsewhere a role logs in with it."""
_ACCESS = re.compile(r"(?i)(?:creds?|credentials?|zugangsdaten|anmeldedaten|identifiants|cred\w{3,8}):?\Z")
_USING = re.compile(
    r"(?i)(?:with|using|use|enter|type|try|by|sasl|root|admin)(?: the| its| their)? [\w ]{0,12}?[\w-]+\Z"
)
_UNNUMBERED = re.compile(
    r"(?i)(?:sha|md|bcrypt|argon|aes|pbkdf|scrypt|vault|server|backend|store|host|node|manager|prompt|policy|user|app"
    r"|replica|hash|version|field|form|page|test|rule|issue|ticket|oauth|model|api|service|cluster)"
)
_LONE = re.compile(r"[A-Za-z]{6,}\d{2,4}[!?#$]?|[A-Za-z]{4,}\d{3,4}[!?#$]?")
_BESIDE = re.compile(
    r"(?i)(?<![a-z])(?:user(?:name)?|log-?in|account|acct|u)(?: is|:|=)? ?"
    r"[`\"']?[\w.@\\-]{2,60}[`\"']? ?[,;/|]? ?(?:and |with |its? |the )?"
    r"(?:password|passwd|passphrase|pass|pwd|pw)\Z"
)
"""`user app, pass X`."""


def told_secrets(text: str, lowered: str) -> Iterator[Found]:
    """Words behind a noun for secrets that look like one."""
    end = 0
    for noun in matches(_NOUN, _STEMS, lowered, lowered):
        if noun.start() < end or text[noun.start() : noun.start() + 4] == "PASS":
            continue
        issued = noun["issued"] is not None
        if issued and noun[0].startswith("key") and not _opens(text, noun):
            continue
        if (
            noun[0].startswith("secret")
            and noun[0].endswith("id")
            and _OF_ENTRA.search(text, max(0, noun.start() - 300))
        ):
            continue
        aside = _ASIDE.match(text, noun.end())
        for one in _in_window(text, aside.end() if aside else noun.end(), issued=issued):
            yield one
            end = one.end


def _opens(text: str, noun: re.Match[str]) -> bool:
    """Whether the words before `key` say that it opens something."""
    before = _KEY.search(text, max(0, noun.start() - 44), noun.start())
    if _SIGNED_WITH.search(text, max(0, noun.start() - 60), noun.start()):
        return False
    kind = trust(before[0].replace(" ", "_") + noun[0]) if before else None
    return before is not None and kind is not None and not (kind is Trust.DRAWN and _DOING.search(before[0]))


def _in_window(text: str, at: int, *, issued: bool) -> Iterator[Found]:
    if text[at : at + 1] in (",", "@") and not text[at + 1 : at + 2].isspace():
        return
    before, subject, other = "", "", _CLOSED.match(text, at) is not None
    for place, found in zip(range(_MOST_WORDS), WORD.finditer(text, at, window(text, at)), strict=False):
        word = bare_word(found)
        other = other or (place == 0 and word.text.lower() in _OTHER and not _TOLD_BY.match(text, word.end))
        named = word.text.lower() in _IDS and (issued or text[word.start - 1] != "(")
        other = other or named or (place < _NEAR and word.text.lower() == "null")
        if issued and other:
            return
        if before.lower() in _JOINING and _names_other(subject) and not _ABOUT.search(text, at, word.start):
            pass
        elif issued:
            meant = _introduced(before, place) or _in_apposition(text, word, before) or _pointed(text, at, word)
            changed = before in ("from", "to") and (strong(word.text) or paired(word.text))
            if meant and (changed or _given_out(word, introduced=before.lower() in _OUTRIGHT)):
                yield Found(word.start, word.end, "secret")
        elif not other and (phrase := _phrase_at(text, at, found, before, place)):
            yield phrase
            return
        elif (strong(word.text) and not (place == 0 and other)) or (
            not other and _chosen(text, at, word, before, place)
        ):
            yield Found(word.start, word.end, "password")
        if not (found[0].lower() in _ADVERBS and before.lower() in _JOINING):
            before, subject = found[0].lstrip("([{"), before


def _names_other(subject: str) -> bool:
    """Whether what is said to be so is another thing: `whose name is`, `where usename =`."""
    said = words_of(subject.strip(LEAD))
    return bool(said) and (said[-1] in _NAMES or said[-1].endswith("name"))


def _quoted_phrase(text: str, found: re.Match[str], before: str, place: int) -> Found | None:
    whole = _IN_QUOTES.match(text, found.start()) if _is_copula(text, found.start(), before, place) else None
    said = whole["v"] if whole else ""
    if not whole or len(said.split()) < 3 or not plausible(said) or _RUN.match(said) or _OPTION.search(said):
        return None
    return Found(*whole.span("v"), "password")


def _phrase_at(text: str, noun: int, found: re.Match[str], before: str, place: int) -> Found | None:
    bare = _bare_phrase(text, noun, found, before) if place < _MOST_WORDS - 4 else None
    return bare or _quoted_phrase(text, found, before, place)


def _bare_phrase(text: str, noun: int, found: re.Match[str], before: str) -> Found | None:
    """Of words alone, to the end of the line; only a passphrase is written so."""
    if not _outright(before):
        return None
    whole = _PHRASE.match(text, found.start())
    called = _CALLED.search(text, max(0, noun - 20), noun) is not None
    if not called and not (whole and before[-1:] == ":" and _NUMBERED.fullmatch(whole["words"])):
        return None
    named = whole and all(plausible(word) or word.isdigit() for word in whole["words"].split())
    return Found(*whole.span("words"), "password") if whole and named else None


def _pointed(text: str, noun: int, word: Word) -> bool:
    """`use this token until friday X`: at the end of the line."""
    return text[word.end : word.end + 1] in ("", "\n") and _POINTED.search(text, max(0, noun - 40), noun) is not None


def _introduced(before: str, place: int) -> bool:
    return place == 0 or before.lower() in _COPULAS or (before[-1:] in (":", "?") and not _ABOUT_AN_ID.search(before))


def _chosen(text: str, noun: int, word: Word, before: str, place: int) -> bool:
    """Behind "is", in quotes or behind "pw" less is asked of it than elsewhere."""
    if place == 0 and (_lone(text, noun, word.text) or _clear(word.text) or _beside(text, noun, word.text)):
        return True
    if _in_apposition(text, word, before):
        return chosen(word.text) or slug(word.text) or ("-" not in word.text and told_outright(word.text))
    if not _is_copula(text, word.start, before, place) or (
        before.lower() == "from" and _TABLE.search(text, max(0, noun - 60), word.start)
    ):
        return False
    if (
        chosen(word.text)
        or (word.quoted and worded(word.text))
        or (slug(word.text) and (place == 0 or word.quoted or before in ("/", "|", "//") or _outright(before)))
    ):
        return True
    at_once = place == 0 and (
        word.quoted or text[noun - 2 : noun].lower() in ("pw", "wd") or not text[noun - 1].isascii()
    )
    if (
        (word.quoted and worded(word.text))
        or (at_once and told_outright(word.text))
        or (_outright(before) and _said_outright(word.text))
    ):
        return True
    closed = word.quoted and not text[word.end : word.end + 1].isspace()
    return closed and len(word.text) > 5 and plausible(word.text) and not known(word.text)


def _said_outright(word: str) -> bool:
    return told_outright(word) or _CAPITALS.fullmatch(word) is not None


def _lone(text: str, noun: int, word: str) -> bool:
    """`the password sunset88`, `credentials admin/sunset88`: letters and a number right behind the noun."""
    name, sign, rest = word.partition("/") if "/" in word else word.partition(":")
    if sign and _ACCESS.search(text, max(0, noun - 16), noun):
        return bool(name) and "/" not in rest and (chosen(rest) or NUMBERED.fullmatch(rest) is not None)
    used = _USING.search(text, max(0, noun - 40), noun)
    shape = NUMBERED if used else _LONE
    return shape.fullmatch(word) is not None and _UNNUMBERED.match(word) is None


def _beside(text: str, noun: int, word: str) -> bool:
    return (chosen(word) or slug(word)) and _BESIDE.search(text, max(0, noun - 100), noun) is not None


def _clear(word: str) -> bool:
    """`the password Letmein.2020`: capitals, small letters, digits and a sign; no version of a program."""
    return (TYPED.fullmatch(word) is not None and not word.isalnum() and told_outright(word)) or paired(word)


def _in_apposition(text: str, word: Word, before: str) -> bool:
    """`it prints the token in its logs, X, so I ...`, `the old key, X, ...`, `the password they use (X)`."""
    behind = text[word.end : word.end + 2].lstrip("\"'`")[:1] or text[word.end + 1 : word.end + 2]
    if before[-1:] == ",":
        return behind == ","
    return (
        behind == ")"
        and "(" not in word.text
        and not known(word.text)
        and text[word.start - 2 : word.start].lstrip(" ")[:1] == "("
    )


def _outright(before: str) -> bool:
    return before.lower() in _OUTRIGHT or before[-1:] == ":"


def _is_copula(text: str, at: int, before: str, place: int) -> bool:
    if before[-1:] == ":" and (_ABOUT_AN_ID.search(before) or _names_other(before[:-1].strip(LEAD))):
        return _ACCOUNT.search(text, max(0, at - 90), at) is not None
    return place == 0 or before.lower() in _COPULAS or before[-1:] in (":", "=", "は", "?")


def _given_out(word: Word, *, introduced: bool) -> bool:
    bare = word.text.removeprefix("base64:")
    if not plausible(bare) or _FIELD.match(bare):
        return False
    if looks_drawn(bare) or _HEX.fullmatch(bare):
        return True
    if word.quoted and len(bare) >= 16 and issued(bare) and not _OF_A_FIELD.fullmatch(bare):
        return True
    if len(bare) >= 12 and told_outright(bare) and any(map(str.isdigit, bare)) and not known(bare):
        return introduced
    if introduced and len(bare) >= 20 and strong(bare) and by_chance(bare, 0.3):
        return True
    return len(bare) >= 20 and bare.isalnum() and (by_chance(bare, 0.3) or bare.isupper())
