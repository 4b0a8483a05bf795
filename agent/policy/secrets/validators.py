"""Where does a validator say which value it refuses? It names the setting, and prints what stands there."""

from agent.policy.secrets.places import Place, at, near

_NAME = r"[\"'`]?(?:\$\{?)?-{0,2}(?P<name>[A-Za-z][\w.-]{2,80})"
_KIND = (
    r"(?:(?:the|your) )?(?:(?:config(?:uration)?|environment|env|system|required) )?"
    r"(?:(?:property|field|option|setting|parameter|param|key|variable|var|flag|argument|attribute|column|env) )?"
)
_SAID = r"[\"'`][^\"'`\n]{3,200}[\"'`]"

VALIDATORS: tuple[Place, ...] = (
    near(
        "input_value=", r"(?m)^[ \t]*(?P<name>[\w.\[\]-]{2,80})\n[ \t]{1,4}[^\n]{3,300}?\binput_value=(?P<at>)(?=[\"'])"
    ),
    at(
        "on field ", r"on field [\"'](?P<name>[\w.\[\]-]{2,80})[\"'][:;,]? rejected value \[(?P<whole>[^\]\n]{3,300})\]"
    ),
    at("propertypath=", r"(?i:propertypath)=(?P<name>[\w.]{2,80})[^}\n]{0,300}?\b(?i:invalid)?(?i:value)=(?P<at>)"),
    at("property: ", r"(?i:property): (?P<name>[\w.\[\]-]{2,80})\n[ \t]{1,8}(?i:value): (?P<at>)"),
    at(
        "on instance",
        r"On instance(?:\[[\"']?\w{1,60}[\"']?\])*?\[[\"'](?P<name>[\w.-]{2,60})[\"']\]:\n[ \t]{1,8}(?P<at>)(?=[\"'])",
    ),
    at(
        (
            "value",
            "got",
            "found",
            "rejected",
            "cannot",
            "can't",
            "could not",
            "failed",
            "illegal",
            "malformed",
            "invalid",
        ),
        rf"(?i:values?|got|found|parse|convert|coerce|decode|invalid|illegal|malformed|rejected)(?: value)?[:=]? "
        rf"(?P<at>)(?={_SAID} (?:(?:provided|given|supplied|specified|set|was|is|found|used|configured)\s){{0,3}}"
        rf"(?:for|as|in|at|to) {_KIND}{_NAME})",
    ),
    near(
        ('"loc"', "'loc'", '"path"', 'path": ', '"instancepath"', '"datapath"', '"field"', '"property"', '"param"'),
        r"[\"'](?:loc|path|instancePath|dataPath|field|property|param)[\"']: ?[\[(]?(?:[\"']\w{1,40}[\"'], ?){0,4}"
        r"[\"']/?(?:[\w-]{1,40}/){0,4}(?P<name>[A-Za-z][\w.-]{2,60})[\"'][^{}\n]{0,300}?"
        r"[\"'](?:input|value|received|data|rejectedValue|invalidValue|attemptedValue|actual)[\"']: ?(?P<at>)(?=[\"'])",
    ),
    near(
        ('"value"', '"rejectedvalue"', '"input"'),
        r"\"(?:value|rejectedValue|input)\": ?(?P<at>)(?=\"[^\"\n]{3,200}\"[^{}\n]{0,200}?"
        r"\"(?:path|param|field|property)\": ?\"(?P<name>[A-Za-z][\w.-]{2,60})\")",
    ),
    near(
        (" is not a", " is not valid", " is invalid", " is too ", " does not match", " did not match", " not allowed"),
        rf"(?<![\w\"'])(?P<at>)(?={_SAID} (?:is (?:not|invalid|too)|does not|did not|not allowed)[^\n\"'`]{{0,60}}?"
        rf" (?:for|in|as) {_KIND}{_NAME})",
    ),
)
"""`'X' is not valid for DB_PASSWORD`, and what pydantic, Spring, Hibernate and JSON Schema print."""
