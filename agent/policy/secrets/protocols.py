"""Where do the lines of a protocol, as traces and logs show them, have a secret?"""

from agent.policy.secrets.places import Place, at, near

PROTOCOLS: tuple[Place, ...] = (
    near(
        "parameters: $",
        r"\$\d{1,2} = '(?P<whole>(?=[^'\n]*[A-Z])(?=[^'\n]*[a-z])(?=[^'\n]*\d)[\w.~+/=-]{32,400})'",
    ),
    at(
        "args: (", r"args: \((?:\\?'[^'\n]{1,120}',\s?){1,3}(?P<at>)(?=')", needs=("ldap", "connect", "mysqli", "login")
    ),
    at(
        ("creds(", "credentials(", "login(", "basicauth", "userpass"),
        r"(?:Creds|Credentials|Login|BasicAuth\w{0,12}|UserPass\w{0,10})\([\w.@-]{1,40}, ?(?P<word>)"
        r"(?=[^\s,()]{4,100}\))",
    ),
    at("input password", r"Input Password {2,8}\S{0,60} {2,8}(?P<at>)"),
    at(
        ("given", "entered", "provided", "typed", "supplied", "submitted", "comparing"),
        r"(?i:given|entered|provided|typed|supplied|submitted|comparing)(?:[=:] ?| )[\"'`]"
        r"(?P<word>)(?=[^\"'`\s]{5,100}[\"'`])",
        needs=("auth", "login", "logon", "hash"),
    ),
    near('"result"', r"\"special\":\s?(?:true|false)[^{}]{0,200}\"result\":\s?(?P<at>)(?=\")"),
    at(
        ("otp", "totp", "mfa", "2fa", "sms"),
        r"(?<![a-z])(?:otp|totp|mfa|2fa|sms)(?![a-z])[^\n]{0,80}?(?<![a-z_])code[\"']?[=:][ ]?[\"']?"
        r"(?P<whole>\d{6,8})(?!\d)",
    ),
    at("auth ", r"(?<=> )(?i:auth) (?:[\w.@-]{1,64} )?(?P<at>)(?=\S{4,}[ \t]*(?:\n|$))"),
    near("!= given", r"\((?P<whole>[^()\s]{4,100})\) != given"),
    near(")=(", r"\((?P<name>\w{2,60})\)=\((?P<at>)(?=[^()\n]{3,300}\))"),
    near('" "', r"(?m)^\"[\w.@-]{1,60}\" \"(?P<word>)(?=[^\"\n]{4,200}\"[ \t]*$)"),
    near(
        ('"-u"', "'-u'", '"--user"', "'--user'", '"--proxy-user"'),
        r"[\"'](?:-u|--user|--proxy-user)[\"'](?:,\s?| a\d{1,2}=)[\"'][^\"':\s]{1,64}:"
        # Digits alone are the group that a container runs as.
        r"(?P<whole>(?!\d+[\"'])[^\"'\n]{3,200})[\"']",
    ),
    near(
        ('"p":', '\\"p\\":'),
        r"\"(?:e|u|l|user|email|login|username)\\?\":\s?\\?\"[^\"\n]{1,100}\",\s?\\?\"p\\?\":\s?(?P<at>)(?=\\?\")",
    ),
    near(
        ('_password"', '_secret"', '_access_key"'),
        r"\"type\":\s?\"\w{2,60}_(?:password|secret|access_key)\"[^{}]{0,200}(?:\{[^{}]{0,400}?|\{[^{}]{0,100}\{[^{}]{0,400}?)"
        r"\"(?:value|result|secret)\":\s?(?P<at>)(?=\")",
    ),
    near("secret=", r"(?m)^key ?= ?(?P<whole>\S{16,200})\n(?:[^\n]{0,100}\n)?secret ?="),
    near("vault.azure.net/secrets/", r"\"value\":\s?(?P<at>)(?=\")"),
    near(
        ('"key"', "'key'"),
        r"[\"'](?P<name>\w{0,20}(?i:jwt|auth|token|signing|cookie|session)\w{0,20})[\"']\s?(?::|=>)\s?[{\[][^{}\[\]]{0,400}?"
        r"[\"'][kK]ey[\"']\s?(?::|=>)\s?(?P<at>)(?=[\"'])",
    ),
    near(
        ("'crypt'", '"crypt"', '"encryption"', "'encryption'"),
        r"[\"'](?:crypt|encryption)[\"']\s?(?::|=>)\s?[{\[][^{}\[\]]{0,400}?[\"'][kK]ey[\"']\s?(?::|=>)\s?"
        r"(?P<at>)(?=[\"'][^\"'\n]{16,200})",
    ),
    near('"api_key"', r"\"encoded\"\s?:\s?(?P<at>)(?=\"[^\"\n]{16,400}\")"),
    near("code=", r"(?<![\w?&])code=(?P<word>)(?=[\w-]{24,})"),
    near(
        ("wp.", "metaweblog", "blogger."),
        r"<value>(?:<string>)?[^<]{1,60}(?:</string>)?</value>\s{0,3}</param>\s{0,3}<param>\s{0,3}<value>(?:<string>)?"
        r"(?P<whole>[^<\s]{3,200})",
    ),
    near("<value>", r"(?i:password)>\s{0,12}<(?i:value)>(?P<whole>[^<\n]{3,200})</"),
    near("kubeadm", r"(?<![\w.-])(?=[a-z.]*\d)(?P<whole>[a-z0-9]{6}\.[a-z0-9]{16})(?![\w.-])"),
    at("u:p", r"(?<!\w)u:p(?:w|ass)?[ :]+[\w.@-]{1,60}:(?P<at>)"),
    at("cs", r"cs\d{1,2}Label=(?P<name>[\w.-]{2,60}) cs\d{1,2}=(?P<at>)", needs="label="),
    at(
        "auth",
        r"(?<![\w-])AUTH\\{0,2}\"?[ ](?:\\{0,2}\"[\w.@-]{1,64}\\{0,2}\"[ ](?=\\{0,2}\"))?(?P<at>)"
        r"(?!(?:PLAIN|LOGIN|TLS|CRAM|XOAUTH|NTLM|GSSAPI|[a-z]+\b))(?=\\{0,2}\"|\S{6,}\s*$)",
    ),
    at("auth", r"\bAUTH(?:ENTICATE)?[ ](?:PLAIN|LOGIN|XOAUTH2)[ ](?P<at>)(?=[A-Za-z0-9+/]{8,})"),
    at("auth ", r"\bAUTH[ ](?:[\w.@-]{1,64}[ ])?(?P<at>)(?=\S*\d)(?=\S{6,}[ \t\r]*(?:\n|\\n|\Z))"),
    at("pass ", r"(?:(?m:^)|(?<=[\d>:\]][ \t])|(?<=\\n)|(?<=\"))PASS[ ](?P<at>)(?=[^\s/]{4,}\s*(?:$|\n|\\n|\\r))"),
    at("login ", r"\b(?:LOGIN|login)[ ]\\{0,2}\"?[\w.@<>:-]{1,100}\\{0,2}\"?[ ](?P<at>)(?=\\{0,2}\")"),
    at("login attempt", r"login attempt[^\[\n]{0,60}\[\S{1,60}?/(?P<whole>[^\]\n]{3,100})\]"),
    at("digest ", r"Digest [^\n]{0,400}?response=\\{0,2}\"(?P<whole>[0-9a-f]{32})"),
    at("<auth-user-pass>", r"<auth-user-pass>\s{1,3}\S{1,100}\s{1,3}(?P<whole>\S{3,200})\s{1,3}</"),
    at("password ", r"password \\?\"[^\"\n]{1,60}\\?\" (?P<at>)(?=\\?\"[^\"\n]{3,200}\\?\")"),
    at(
        "auth",
        r"AUTH(?:\\r\\n|\r?\n)\$\d{1,4}(?:\\r\\n|\r?\n)(?:\w{1,40}(?:\\r\\n|\r?\n)\$\d{1,4}(?:\\r\\n|\r?\n))?"
        r"(?P<whole>[^\s\\]{3,200})",
        needs="$",
    ),
    at("xauth ", r"\bXAUTH[ ](?P<at>)(?=\")"),
    at("334 ", r"334 UGFzc3dvcmQ6[\s;,|\\rn\"']{1,8}(?:[<>C:-]{1,3} ?)?(?P<whole>[A-Za-z0-9+/]{4,}={0,2})"),
    at("user ", r"user[ ]\S{1,64}[ ]on[ ][^\n]{0,100}?>(?P<whole>\S{4,100})", before=r"\s*"),
    at("setuser", r"(?i:setuser)[ ]\S{1,64}[ ][^\n]{0,100}?>(?P<whole>\S{4,100})"),
    at(
        ("u:", "un:", "user:"),
        r"(?<![\w.-])[uU](?:ser|N)?: ?[\w.@-]{1,64}[,;]?\s[pP](?:w|ass|W)?: ?(?P<at>)(?=\S{4,})",
    ),
    at(
        ('"payload', '\\"payload'),
        r"\\?\"payload\\?\":\s{0,8}\{\s{0,8}\\?\"data\\?\":\s?\\?\"(?P<whole>[A-Za-z0-9+/=_-]{8,4000})",
    ),
    at(('"params"',), r"\"params\":\s?\[\"?\w+\"?,\s?(?P<at>)(?=\"[^\"]{6,100}\"\])", needs="jsonrpc"),
    at(("xoauth2 ", "x-api-key "), r"\b(?:xoauth2|x-api-key)[ ](?P<at>)(?=\S{16,})", needs="secret string"),
    at(
        ("ntlm", "nthash", "nt hash", "nt_hash", "lm hash", "lmhash"),
        r"(?i:ntlm(?:v1)?(?:[ _-]?hash)?|(?:nt|lm)[ _-]?hash)[\"']?\s{0,20}[:=]\s{0,20}[\"']?"
        r"(?:[0-9a-fA-F]{32}:)?(?P<whole>[0-9a-fA-F]{32})(?![0-9a-fA-F])",
    ),
    near("//", r"(?<=\w)//[A-Za-z][\w.-]{0,40}:(?P<whole>[^\s/@:\"']{4,100})@[\w.-]{1,100}(?=[/:])"),
    near(":::", r"\b[0-9a-fA-F]{32}:(?P<whole>[0-9a-fA-F]{32})(?=:::)"),
)
