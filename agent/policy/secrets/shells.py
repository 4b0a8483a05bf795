"""Where do the commands of a shell have a secret, other than behind an option of one program?"""

from agent.policy.secrets.places import Place, at, near

_ECHO = ("echo ", "printf ")
_SAYS = r"(?:echo|printf)[ ](?:-\w[ ])?"
_PRINTS = _SAYS + r"(?:[\"'](?:%s(?:\\n| ?\n)?){1,2}[\"'][ ](?:[\w.@-]{1,40}[ ](?=[\"']))?)?"
_WORD_OF_HERE = r"[-~]?[\"']?(?P<word_of>[A-Za-z_]\w{0,30})[\"']?"
_HERE = r"[\"']?[ ]?\n[ \t]{0,20}(?P<at>)(?=[^\n]{3,300}\n[ \t]{0,20}(?P=word_of))"
_HERE_NAMED = r"(?P<name>[\w.-]{2,60})[\"']? ?<<" + _WORD_OF_HERE + _HERE

_OF_ANOTHER = r"(?!.*(?:mysql|maria)).*"
"""There `-p` takes its password without a blank, and a blank and a name are a database's."""

PIPED: tuple[Place, ...] = (
    at(_ECHO, _SAYS + r"\\{0,2}[\"']?[\w.@-]{1,64}:(?P<at>)(?=[^\n|]{3,200}\|\s*(?:sudo )?chpasswd)", needs="chpasswd"),
    at(
        _ECHO,
        r"(?:echo|printf)[ ](?P<q>[\"'])[\w.@-]{1,64}:(?P<whole>[^\"'\n]{3,100})(?P=q)"
        r"\s{0,3}\|\s{0,3}(?:sudo )?chpasswd",
        needs="chpasswd",
    ),
    at(_ECHO, _SAYS + r"(?P<at>)(?=[^\n|]{3,200}\|\s*sudo[^\n|]{0,40} -\w*S)", needs="sudo"),
    at(
        _ECHO,
        _SAYS + r"(?P<at>)(?=[^\n|]{3,300}\|[^\n|]{0,170}"
        r"(?:-stdin|(?<!ch)passwd|cryptsetup|kinit|gpg |login -))",
        needs=("stdin", "passwd", "cryptsetup", "kinit", "gpg ", "login -"),
    ),
    at(
        _ECHO,
        _PRINTS + r"(?P<word>)(?=[^\n|]{3,300}\|(?![ ]*(?:sudo )?chpasswd)[^\n|]{0,160}"
        r"(?:seal|load-key|secret|passw|token|kinit|cryptsetup|luks|vault|auth|credential|login))",
        needs="| ",
    ),
    at(
        _ECHO,
        _PRINTS + r"(?P<word>)(?=[^\n|>]{3,300}>{1,2} ?\S{0,100}(?:secret|pass|token|key|cred|auth))",
        needs=">",
    ),
    at(
        _ECHO,
        _SAYS + r"(?P<at>)(?=[^\n|>]{3,300}>{1,2} ?\S{0,100}?(?P<name>[\w.-]{2,60})[\"']?(?=[\s;&]|$))",
        needs=">",
    ),
    at(
        _ECHO,
        _SAYS + r"(?P<at>)(?=[^\n|]{3,300}\| ?(?:gcloud|aws|az|vault|docker|podman|doppler|flyctl?|gh|heroku|wrangler)"
        r" [^\n]{0,40}secrets?)",
        needs="secret",
    ),
    near("<<", r">{1,2} ?[\"']?[\w./-]{0,100}/" + _HERE_NAMED),
    near("<<", r"<<" + _WORD_OF_HERE + r" ?>{1,2} ?[\"']?[\w./-]{0,100}/(?P<name>[\w.-]{2,60})" + _HERE),
    at(
        _ECHO,
        _SAYS + r"(?P<word>)(?=[\"']?\S*[!#$%&*@^?][^\n|]{0,100}\| *base64(?! -d| --dec))",
        needs="base64",
    ),
    at(
        ("login", "passwd", "kinit", "--password-stdin", "cryptsetup", "sudo -s", " -u "),
        r"(?:login|passwd|kinit|--password-stdin|cryptsetup|sudo -S| -u \S{1,40})[^\n|;]{0,100}<<<[ ]?(?P<at>)",
        needs="<<<",
    ),
    at("<(echo ", r"<\(echo[ ](?:-n[ ])?(?P<word>)"),
    at("chpasswd", r"chpasswd[^\n]{0,40}\n[\w.-]{1,64}:(?P<at>)"),
    at(
        ("password-command", "passphrase-command"),
        r"pass(?:word|phrase)-command[ =][\"']echo[ ](?P<at>)",
    ),
)
"""What is printed into a command or a file that takes a secret."""

COMMANDS: tuple[Place, ...] = (
    at("htpasswd ", r"htpasswd[ ]-[a-zA-Z]*n[a-zA-Z]*[ ][\w.@-]{1,60}[ ](?P<at>)"),
    at("echo ", r"echo '?[\w.-]{1,40}:(?P<whole>[^'\n]{3,100})'?\n[^\n]{0,80}\+ (?:sudo )?chpasswd", needs="chpasswd"),
    at(
        "echo ",
        r"echo (?:-n )?[\"']?(?P<whole>[A-Za-z0-9+/]{8,4000}={0,2})[\"']? ?\| ?base64 (?:-d|-D|--d)",
        needs="base64 ",
    ),
    at(
        "base64 -",
        r"base64 (?:-d|-D|--decode)[^\n|]{0,20}\n(?P<word>)(?=\S{5,200}[ \t]*(?:\n|$))",
        before=r"[^\n]{0,20}[$#>%] [^\n]{0,160}",
    ),
    at("reset-admin-password ", r"reset-admin-password (?P<at>)(?![-\"'])"),
    at("bundle config", r"bundle config (?:set )?(?:--\w+ )?[\w.:/-]{3,100} [\w.@-]{1,60}:(?P<at>)"),
    at("poetry config", r"poetry config (?:http-basic\.[\w-]{1,60} \S{1,60}|pypi-token\.[\w-]{1,60}) (?P<at>)"),
    at("api-key store", r"api-key store [A-Z0-9]{10,40} (?P<at>)"),
    at("set-initial-password", r"set-initial-password (?P<at>)"),
    near(
        "not found",
        r"[$#>%][ ](?P<whole>(?=\S*\d)(?=\S*[A-Z])(?=\S*[a-z])[^\s/]{8,80})\n"
        r"[^\n]{0,60}(?P=whole): (?:command )?not found",
    ),
    near(
        "not found",
        r"(?<=: )(?P<whole>(?=\S*\d)(?=\S*[A-Z])(?=\S*[a-z])[^\s/:]{8,80})(?=: (?:command )?not found)",
    ),
    at("oathtool", r"oathtool[^\n]{1,200}\n(?P<whole>\d{6,8})(?=\s|$)"),
    at("op read", r"op read [\"']?op://[^\s\"']{1,150}/(?P<name>[\w.-]{2,60})[\"']?\n(?P<at>)"),
    near("etcdctl", r"(?<=\n)/[\w./-]{1,150}/(?P<name>[\w.-]{2,60})\n(?P<at>)"),
    at(("slmgr", "slui"), r"(?:slmgr|slui)[^\n]{0,20}[ ][-/]ipk[ ](?P<at>)"),
    at(
        ("set ", "add ", "replace "),
        r"\b(?:set|add|replace) (?P<name>[\w:./-]{3,150}) \d{1,10} \d{1,10} \d{1,7}(?: \d+)?\r?\n(?P<at>)",
    ),
    at("hset ", r"(?i:hset) \S{1,100} (?P<name>[\w.-]{2,60}) (?P<at>)"),
    at(
        ("htpasswd ", "mosquitto_passwd "),
        r"(?:ht|mosquitto_)passwd[ ](?:-[a-zA-Z]+[ ]+)*-[a-zA-Z]*b[a-zA-Z]*[ ](?:-[a-zA-Z]+[ ]+)*"
        r"\S{1,200}[ ]\S{1,100}[ ](?P<at>)",
    ),
    at("net", r"\bnet1?(?:\.exe)?[ ]{1,3}user[ ]{1,3}[^\s/]{1,64}[ ]{1,3}(?P<at>)(?![/ ])", needs=" user "),
    at("net", r"\bnet(?:\.exe)?[ ]use[ ](?:\w:[ ])?\S{1,200}[ ](?P<at>)(?=\S+[ ]/user)", needs=" use "),
    at("net", r"\bnet(?:\.exe)?[ ]use[ ][^\n]{0,200}/user:\S{1,100}[ ](?P<at>)(?![/ ])", needs=" use "),
    at(("/p:", "/pass", "/rp:"), r"(?<=[ \"'])/(?:p|pass|password|rp|passwd):(?P<at>)(?!\w+=)(?=\S)"),
    at("/rp ", r"(?<=[ ])/rp[ ](?P<at>)"),
    at(
        "convertto-securestring",
        r"(?i:convertto-securestring)[ ](?:-(?i:string|asplaintext|force)[ ]){0,3}(?P<at>)(?=\\{0,2}[\"'])",
    ),
    at("pscredential", r"(?i:pscredential)\s?\(?[\"'][^\"'\n]{1,100}[\"'],\s?\(?(?P<at>)"),
    at(
        "rabbitmqctl",
        r"rabbitmqctl[^\n|;]{0,60} (?:add_user|change_password|authenticate_user)[ ]\S{1,100}[ ](?P<at>)(?![ |;])",
    ),
    at("wpa_passphrase", r"wpa_passphrase[ ]\S{1,60}[ ](?P<at>)"),
    at("mc ", r"\bmc (?:alias set|config host add)[ ]\S+[ ]\S+[ ]\S+[ ](?P<at>)"),
    at("configure set", r"configure set[ ](?P<name>[\w.-]+)[ ](?P<at>)"),
    at(
        ("config", "secret", "env"),
        r"\b(?:config|secrets?|env)[ :](?:set|put|add)[ ](?P<name>[\w./:-]{1,100})[ ](?P<at>)(?![ -])",
        needs=(" set ", ":set ", " put ", ":put ", " add ", ":add "),
    ),
    at(
        "secret",
        r"\bsecrets?[ :](?:set|put|add)[ ][\"']?(?P<name>[\w./:-]{1,100})[\"']?[ ](?P<at>)(?![ -])",
    ),
    at(
        "secret",
        r"\bsecrets?(?:[ ]versions?)?[ :](?:set|put|add|create|update)[ ][^\n|;]{1,200}?"
        r"(?:[ ]--(?:body|value|data|text|secret-string)[ =]|[ ]-b[ ]?)(?P<at>)(?=[\"']|[^\s/-]\S*\d)",
    ),
    at(
        ("ngrok", "cloudflared"),
        r"\b(?:ngrok|cloudflared)[^\n|;]{0,40} (?:authtoken|add-authtoken|install|--token)[ ](?P<at>)(?![ -])",
    ),
    at(
        "put-parameter",
        r"put-parameter[^\n|;]{0,80} --name[ =][\"']?(?P<name>[\w./-]{1,150})[\"']?[^\n|;]{0,80} --value[ =](?P<at>)",
    ),
    at(
        ("create-secret", "put-secret-value", "update-secret"),
        r"(?:create-secret|put-secret-value|update-secret)[^\n|;]{0,200} --secret-string[ =](?P<at>)(?!file:)",
    ),
    at("--from-literal", r"--from-literal[ =][\"']?(?P<name>[\w.-]{1,80})=(?P<at>)"),
    at(
        "--from-literal",
        r"--from-literal[ =][\"']?"
        r"(?![\w.-]*(?i:id|sha|commit|digest|md5|tag|print|kid|public-key|ttl|name|base64|body|payload))"
        r"[\w.-]{1,80}=(?P<word>)",
    ),
    near(("-value ", "-value="), r"(?P<name>[\w./-]{2,80})[\"']?[ ]-{1,2}value[ =](?P<at>)"),
    at("secret ", r"secret (?:add|create|update)[^\n|;]{0,120} --data[ =](?P<at>)(?!@)"),
    at("put ", r"\bput[ ](?P<name>[\w./:-]{1,150})[ ](?P<at>)(?=[\"']|\S*\d\S*[ \t]*(?:\n|\Z))"),
    at("send", r"\bsend(?: --)? [\"'](?P<whole>[^\"'\n\\]{4,100})\\[rn][\"']"),
    at(
        (
            *("snyk auth ", "cargo login ", "codecov", "doctl auth", "nuget push", "set-agent-token", "gem push"),
            *(
                "sentry-cli login",
                "railway login",
                "sonar.login",
                "vercel ",
                "netlify ",
                "wandb login",
                "huggingface-cli",
            ),
        ),
        r"(?:snyk auth|cargo login|wandb login(?: --relogin)?|codecov[^\n|;]{0,80} -t|doctl auth init -t"
        r"|nuget push[^\n|;]{0,100} -k|set-agent-token \S{1,40}|gem push[^\n|;]{0,80} --key|sonar\.login"
        r"|(?:sentry-cli|railway|vercel|netlify|huggingface-cli)[^\n|;]{0,80} (?:-t|--token|--auth(?:-token)?))[ =]"
        r"(?P<at>)(?=[\"']?[\w.+/=:-]{16,})",
    ),
    at(
        (" -u", " --user"),
        r"(?: -[uU][ =]?\S{1,80}| --user(?:name)?[ =]\S{1,80})[^\n|;]{0,120}? -[pP][ ](?P<at>)"
        r"(?=\S*\d)(?=\S*[A-Za-z])(?!\d[\d.:]*(?:/\w+)?(?:\s|$))",
        needs=" -p",
        before=_OF_ANOTHER,
    ),
    at(
        " -p",
        r" -[pP][ ](?P<at>)(?=\S*\d)(?=\S*[A-Za-z])(?!\d[\d.:]*(?:/\w+)?\s)(?=\S{4,100}[ ][^\n|;]{0,60}-[uU][ ])",
        before=_OF_ANOTHER,
    ),
    at(" -u:", r" -u:\S{1,60} -p:(?P<at>)"),
    at(" -xu ", r" -xu[ ]\S{1,80} -xp[ ](?P<at>)"),
    at("--user", r"(?<!\S)--user[ =]\\?[\"']?[\w.@-]{1,64}:\\?[\"']?(?P<at>)(?!(?:[a-z]+|\d+)(?:\s|$))"),
    at("/v ", r"/v[ ](?P<name>[\w.-]{2,60})[^\n]{0,60} /d[ ](?P<at>)"),
    near("reg_", r"(?P<name>[\w.-]{2,60})[ \t]+REG_(?:EXPAND_)?SZ[ \t]+(?P<at>)"),
    at(
        "$",
        r"\$(?P<variable>[A-Za-z]\w{0,20})\s?=\s?(?P<at>)(?=[\"'][^\"'\n]{3,200}[\"'][^\n]{0,300}?"
        r"[ ]-{1,2}(?i:p(?:assword|w|ass)?)[ =:]?[\"']?\$\{?(?P=variable)\b)",
        needs=(" -p", " --p"),
    ),
    at(
        ("expdp ", "impdp ", "sqlplus ", "sqlldr "),
        r"(?:expdp|impdp|sqlplus|sqlldr) (?:-\w{1,2} ){0,3}[A-Za-z][\w$#]{1,30}/(?P<whole>[^\s/@\"']{4,60})(?=\s|$)",
    ),
    at("conn", r"(?i:conn(?:ect)?) \w{1,30}/(?P<at>)(?=\"[^\"\n]{3,100}\"@)"),
    at("ftp> user ", r"ftp> user \S{1,60} (?P<at>)"),
    at("connect(", r"connect\([\"'][^\"'\n]{1,60}[\"'],\s?(?P<at>)(?=[\"'][^\"'\n]{3,100}[\"'],\s?[\"']t3s?://)"),
    at("signtool", r"signtool[^\n]{0,200} /p[ ](?P<at>)"),
    at("mkpasswd ", r"mkpasswd (?:-{1,2}[\w-]{1,20}(?:[ =][a-z0-9-]{3,12})? ){0,3}(?P<word>)"),
    at("--", r"--(?P<name>[\w-]{2,40}), (?P<at>)(?=[^\s,\"'\]]{4,})", needs=("--pass", "--pwd", "--token", "--secret")),
    at("rclone obscure", r"rclone obscure[ ](?P<at>)"),
    at("radtest", r"radtest[ ]\S{1,80}[ ](?P<at>)"),
    at("radtest", r"radtest[ ]\S{1,80}[ ]\S{1,100}[ ]\S{1,80}[ ]\d{1,5}[ ](?P<at>)"),
    at(
        ("set-", "change-", "reset-"),
        r"\b(?:set|change|reset)-(?:\w{1,20}-)?passw(?:or)?d[ ](?P<word>)",
        needs="-passw",
    ),
)
"""What a command takes as one of its arguments."""
