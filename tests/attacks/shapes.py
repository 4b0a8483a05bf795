"""What do secrets look like, as those who issue them publish it?  A shape a kind, and where it stands in a log.

Written from vendors' documentation and the public rules of scanners (gitleaks, GitHub secret scanning), without
looking at the redactor: it is what the redactor is measured by. A shape is a small regular expression that is drawn
from; `{}` in a place is where the secret stands. Nothing here is anybody's: every secret is made up when it is drawn.
"""

import re
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits

_TOKEN = re.compile(r"\[(?P<set>[^\]]+)\](?:\{(?P<least>\d+)(?:,(?P<most>\d+))?\})?|\((?P<either>[^)]+)\)|(?P<just>.)")
_RANGES = {
    "A-Z": ascii_uppercase,
    "a-z": ascii_lowercase,
    "0-9": digits,
    "A-F": "ABCDEF",
    "a-f": "abcdef",
    "2-7": "234567",
}
_W = "[A-Za-z0-9_-]"
_AN = "[A-Za-z0-9]"
_HEX = "[0-9a-f]"
_B64 = "[A-Za-z0-9+/]"
_UUID = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_PHRASE = "[A-Za-z0-9!#_.+*-]{10,20}"
_PEM = "-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"

BARE = {
    "aws access key id": "(AKIA|ASIA)[A-Z2-7]{16}",
    "gcp api key": f"AIza{_W}{{35}}",
    "gcp oauth token": f"ya29.{_W}{{120}}",
    "gcp oauth client secret": f"GOCSPX-{_W}{{28}}",
    "azure client secret": f"{_AN}{{3}}8Q~{_W}{{34}}",
    "alibaba access key id": "LTAI[A-Za-z0-9]{20}",
    "tencent secret id": f"AKID{_AN}{{32}}",
    "digitalocean token": f"(dop|doo|dor)_v1_{_HEX}{{64}}",
    "heroku key": f"HRKU-AA{_W}{{58}}",
    "cloudflare origin ca key": f"v1.0-{_HEX}{{24}}-{_HEX}{{146}}",
    "fly.io token": f"fo1_{_W}{{43}}",
    "fly.io macaroon": f"fm2_{_B64}{{100,160}}",
    "planetscale": f"pscale_(tkn|oauth|pw)_{_W}{{43}}",
    "supabase token": f"sbp_{_HEX}{{40}}",
    "scaleway access key": "SCW[A-Z0-9]{17}",
    "netlify token": f"nfp_{_AN}{{36}}",
    "github token": f"(ghp|gho|ghu|ghs|ghr)_{_AN}{{36}}",
    "github fine-grained token": f"github_pat_{_AN}{{22}}_{_AN}{{59}}",
    "gitlab personal token": f"glpat-{_W}{{20}}",
    "gitlab routable token": f"glpat-{_W}{{27}}.[0-9a-z]{{2}}[0-9a-z]{{7}}",
    "gitlab deploy token": f"gldt-{_W}{{20}}",
    "gitlab runner token": f"glrt-{_W}{{20}}",
    "gitlab runner registration": f"GR1348941{_W}{{20}}",
    "gitlab job token": f"glcbt-{_AN}{{2}}_{_W}{{20}}",
    "gitlab trigger token": f"glptt-{_HEX}{{40}}",
    "gitlab feed token": f"glft-{_W}{{20}}",
    "gitlab agent token": f"glagent-{_W}{{50}}",
    "gitlab oauth secret": f"gloas-{_W}{{64}}",
    "gitlab scim token": f"glsoat-{_W}{{20}}",
    "gitlab mail token": f"glimt-{_W}{{25}}",
    "gitlab feature flag token": f"glffct-{_W}{{20}}",
    "bitbucket app password": f"ATBB{_AN}{{32}}",
    "atlassian token": f"ATATT3{_W}{{186}}",
    "circleci token": f"CCIPAT_{_AN}{{22}}_{_HEX}{{40}}",
    "buildkite token": f"bkua_{_HEX}{{40}}",
    "sonarqube token": f"(squ|sqp|sqa)_{_HEX}{{40}}",
    "sourcegraph token": f"sgp_{_HEX}{{40}}",
    "artifactory key": f"AKCp{_AN}{{69}}",
    "artifactory reference token": f"cmVmd{_AN}{{59}}",
    "npm token": f"npm_{_AN}{{36}}",
    "pypi token": f"pypi-AgEIcHlwaS5vcmc{_W}{{70,150}}",
    "rubygems key": f"rubygems_{_HEX}{{48}}",
    "nuget key": "oy2[a-z0-9]{43}",
    "crates.io token": f"cio{_AN}{{32}}",
    "clojars token": "CLOJARS_[a-z0-9]{60}",
    "docker token": f"dckr_(pat|oat)_{_W}{{27}}",
    "terraform cloud token": f"{_AN}{{14}}.atlasv1.{_W}{{67}}",
    "vault service token": f"hvs.{_W}{{90,110}}",
    "vault batch token": f"hvb.{_W}{{140}}",
    "doppler token": f"dp.pt.{_AN}{{43}}",
    "1password service account": f"ops_eyJ{_B64}{{260}}",
    "1password secret key": "A3-[A-Z0-9]{6}-[A-Z0-9]{11}-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
    "pulumi token": f"pul-{_HEX}{{40}}",
    "age key": "AGE-SECRET-KEY-1[0-9A-Z]{58}",
    "prefect key": f"pnu_{_AN}{{36}}",
    "harness token": f"(pat|sat).{_W}{{22}}.{_AN}{{24}}.{_AN}{{20}}",
    "octopus deploy key": "API-[A-Z0-9]{26}",
    "postman key": f"PMAK-{_HEX}{{24}}-{_HEX}{{34}}",
    "databricks token": f"dapi{_HEX}{{32}}",
    "sentry user token": f"sntryu_{_HEX}{{64}}",
    "sentry org token": f"sntrys_eyJpYXQiO{_B64}{{60}}LCJyZWdpb25fdXJs{_B64}{{40}}_{_B64}{{43}}",
    "openshift token": f"sha256~{_W}{{43}}",
    "slack bot token": f"xoxb-[0-9]{{12}}-[0-9]{{12}}-{_AN}{{24}}",
    "slack user token": f"xoxp-[0-9]{{12}}-[0-9]{{12}}-[0-9]{{12}}-{_HEX}{{32}}",
    "slack app token": f"xapp-1-[A-Z0-9]{{11}}-[0-9]{{13}}-{_HEX}{{64}}",
    "slack config token": "xoxe.xoxp-1-[A-Z0-9]{166}",
    "discord bot token": f"(M|N|O){_AN}{{25}}.{_W}{{6}}.{_W}{{38}}",
    "telegram bot token": f"[0-9]{{10}}:AA{_W}{{33}}",
    "twilio key": f"SK{_HEX}{{32}}",
    "sendgrid key": f"SG.{_W}{{22}}.{_W}{{43}}",
    "mailgun key": f"key-{_HEX}{{32}}",
    "mailchimp key": f"{_HEX}{{32}}-us1[0-9]{{1}}",
    "brevo key": f"xkeysib-{_HEX}{{64}}-{_AN}{{16}}",
    "stripe key": f"(sk|rk)_(live|test)_{_AN}{{24,99}}",
    "stripe webhook secret": f"whsec_{_AN}{{32}}",
    "square token": f"sq0atp-{_W}{{22}}",
    "square access token": f"EAAA{_W}{{60}}",
    "shopify token": f"(shpat|shpca|shppa|shpss)_{_HEX}{{32}}",
    "paypal access token": f"access_token$production$[a-z0-9]{{16}}${_HEX}{{32}}",
    "plaid token": f"access-(sandbox|development|production)-{_UUID}",
    "razorpay key": f"rzp_live_{_AN}{{14}}",
    "flutterwave key": "FLWSECK_TEST-[a-f0-9]{32}-X",
    "openai key": f"sk-proj-{_W}{{74}}T3BlbkFJ{_W}{{74}}",
    "openai legacy key": f"sk-{_AN}{{20}}T3BlbkFJ{_AN}{{20}}",
    "anthropic key": f"sk-ant-api03-{_W}{{93}}AA",
    "hugging face token": "hf_[A-Za-z]{34}",
    "hugging face org token": "api_org_[A-Za-z]{34}",
    "groq key": f"gsk_{_AN}{{52}}",
    "perplexity key": f"pplx-{_AN}{{48}}",
    "replicate token": f"r8_{_AN}{{37}}",
    "langsmith key": f"lsv2_(pt|sk)_{_HEX}{{32}}_{_HEX}{{10}}",
    "xai key": f"xai-{_AN}{{80}}",
    "new relic user key": "NRAK-[A-Z0-9]{27}",
    "new relic insert key": f"NRII-{_W}{{32}}",
    "grafana service account": f"glsa_{_AN}{{32}}_{_HEX}{{8}}",
    "grafana cloud token": f"glc_{_B64}{{80,160}}",
    "dynatrace token": "dt0c01.[A-Z2-7]{24}.[A-Z2-7]{64}",
    "airtable token": f"pat{_AN}{{14}}.{_HEX}{{64}}",
    "notion token": f"ntn_[0-9]{{11}}{_AN}{{35}}",
    "linear key": f"lin_api_{_AN}{{40}}",
    "figma token": f"figd_{_W}{{40}}",
    "typeform token": f"tfp_{_W}{{59}}",
    "contentful token": f"CFPAT-{_W}{{43}}",
    "mapbox secret token": f"sk.eyJ{_AN}{{60}}.{_W}{{22}}",
    "shippo token": f"shippo_live_{_HEX}{{40}}",
    "duffel token": f"duffel_live_{_W}{{43}}",
    "easypost key": f"EZAK{_AN}{{54}}",
    "frame.io token": f"fio-u-{_W}{{64}}",
    "readme key": "rdme_[a-z0-9]{70}",
    "maxmind key": f"{_AN}{{6}}_{_AN}{{29}}_mmk",
    "facebook token": f"EAAC{_AN}{{150}}",
    "twitter bearer": f"AAAAAAAAAAAAAAAAAAAAAA{_AN}{{90}}",
    "launchdarkly key": f"(sdk|api)-{_UUID}",
    "hubspot token": f"pat-na1-{_UUID}",
    "easy infracost key": f"ico-{_AN}{{32}}",
    "yandex key": f"AQVN{_W}{{36}}",
    "json web token": f"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJ{_W}{{80,200}}.{_W}{{342}}",
    "kubernetes service account": f"eyJhbGciOiJSUzI1NiIsImtpZCI6I{_AN}{{40}}.eyJ{_W}{{300}}.{_W}{{342}}",
    "bcrypt hash": f"$2y$10${_AN}{{53}}",
    "shadow hash": f"$6${_AN}{{16}}${_AN}{{86}}",
    "private key": _PEM.format(kind="RSA PRIVATE KEY", lines=f"{_B64}{{64}}\n{_B64}{{64}}\n{_B64}{{30}}=="),
    "openssh key": _PEM.format(kind="OPENSSH PRIVATE KEY", lines=f"{_B64}{{70}}\n{_B64}{{70}}"),
    "pgp key": _PEM.format(kind="PGP PRIVATE KEY BLOCK", lines=f"\n{_B64}{{64}}\n{_B64}{{64}}\n=ab3d"),
}
"""Those that tell by themselves what they are."""

NAMED = {
    "aws secret access key": ("AWS_SECRET_ACCESS_KEY aws_secret_access_key secretAccessKey", f"{_B64}{{40}}"),
    "aws session token": ("AWS_SESSION_TOKEN aws_session_token sessionToken", f"IQoJb3JpZ2luX2Vj{_B64}{{300}}"),
    "azure client secret by name": ("ARM_CLIENT_SECRET AZURE_CLIENT_SECRET clientSecret", f"{_W}{{40}}"),
    "azure storage key": ("AccountKey AZURE_STORAGE_KEY", f"{_B64}{{86}}=="),
    "azure shared access key": ("SharedAccessKey", f"{_B64}{{43}}="),
    "azure devops token": ("AZURE_DEVOPS_EXT_PAT SYSTEM_ACCESSTOKEN", "[a-z2-7]{52}"),
    "cloudflare token": ("CLOUDFLARE_API_TOKEN CF_API_KEY", f"{_W}{{40}}"),
    "heroku key by name": ("HEROKU_API_KEY", _UUID),
    "linode token": ("LINODE_TOKEN", f"{_HEX}{{64}}"),
    "datadog keys": ("DD_API_KEY DD_APP_KEY DATADOG_APP_KEY dd-api-key", f"{_HEX}{{32}}"),
    "honeycomb key": ("HONEYCOMB_API_KEY X-Honeycomb-Team", f"{_AN}{{22}}"),
    "splunk token": ("SPLUNK_HEC_TOKEN splunk.token", _UUID),
    "pagerduty token": ("PAGERDUTY_TOKEN routing_key integration_key", f"{_HEX}{{32}}"),
    "opsgenie key": ("OPSGENIE_API_KEY GenieKey", _UUID),
    "snyk token": ("SNYK_TOKEN", _UUID),
    "codecov token": ("CODECOV_TOKEN", _UUID),
    "travis token": ("TRAVIS_TOKEN", f"{_AN}{{22}}"),
    "consul token": ("CONSUL_HTTP_TOKEN", _UUID),
    "vault token by name": ("VAULT_TOKEN X-Vault-Token", f"s.{_AN}{{24}}"),
    "twilio auth token": ("TWILIO_AUTH_TOKEN", f"{_HEX}{{32}}"),
    "algolia key": ("ALGOLIA_ADMIN_API_KEY ALGOLIA_API_KEY", f"{_HEX}{{32}}"),
    "cohere key": ("CO_API_KEY COHERE_API_KEY", f"{_AN}{{40}}"),
    "mistral key": ("MISTRAL_API_KEY", f"{_AN}{{32}}"),
    "okta token": ("OKTA_API_TOKEN OKTA_CLIENT_TOKEN", f"00{_W}{{40}}"),
    "django secret": ("SECRET_KEY DJANGO_SECRET_KEY", _PHRASE),
    "rails secret": ("SECRET_KEY_BASE RAILS_MASTER_KEY", f"{_HEX}{{32}}"),
    "jwt secret": ("JWT_SECRET jwtSecret NEXTAUTH_SECRET", _PHRASE),
    "encryption key": ("ENCRYPTION_KEY encryptionKey", f"{_B64}{{43}}="),
    "signing secret": ("SLACK_SIGNING_SECRET signingSecret WEBHOOK_SECRET", f"{_HEX}{{32}}"),
    "client secret": ("client_secret CLIENT_SECRET oauth.clientSecret", f"{_W}{{32}}"),
    "access token": ("access_token accessToken ACCESS_TOKEN", f"{_W}{{40}}"),
    "refresh token": ("refresh_token refreshToken", f"{_W}{{40}}"),
    "id of a session": ("session_id JSESSIONID PHPSESSID sessionid", f"{_AN}{{32}}"),
    "csrf token": ("csrf_token csrfmiddlewaretoken _csrf_token", f"{_AN}{{64}}"),
    "api key": ("api_key apikey apiKey API-KEY x-api-key X-API-Key", f"{_AN}{{32}}"),
    "private token": ("PRIVATE-TOKEN private_token", f"{_W}{{20}}"),
    "password": ("password PASSWORD passwd Password db_password user.password", _PHRASE),
    "database password": ("DB_PASSWORD PGPASSWORD MYSQL_ROOT_PASSWORD MYSQL_PWD POSTGRES_PASSWORD", _PHRASE),
    "spring password": ("spring.datasource.password javax.net.ssl.keyStorePassword", _PHRASE),
    "redis password": ("REDIS_PASSWORD requirepass REDISCLI_AUTH", _PHRASE),
    "passphrase": ("passphrase SSH_PASSPHRASE", _PHRASE),
    "credentials": ("credentials credential", f"{_AN}{{24}}"),
}
"""Those that only their name gives away: names, and the shape."""

HELD = {
    "postgres url": ("postgres://app:{}@db-primary:5432/shop", _PHRASE),
    "mysql url": ("mysql://root:{}@10-mysql.shop.svc:3306/orders", _PHRASE),
    "mongodb url": ("mongodb+srv://svc:{}@cluster0.ab1cd.mongodb.net/test?retryWrites=true", _PHRASE),
    "redis url": ("redis://:{}@redis-master:6379/0", _PHRASE),
    "amqp url": ("amqp://guest:{}@rabbitmq:5672/%2f", _PHRASE),
    "https url": ("https://deploy:{}@git.shop.example/shop.git", _PHRASE),
    "token as user of a url": ("https://{}@github.com/shop/cart.git", f"{_AN}{{40}}"),
    "sentry dsn": ("https://{}@o4501.ingest.sentry.io/4501", f"{_HEX}{{32}}"),
    "jdbc url": ("jdbc:postgresql://db:5432/shop?user=app&password={}&ssl=true", _PHRASE),
    "sql server": ("Server=tcp:db,1433;Database=shop;User ID=app;Password={};Encrypt=True;", _PHRASE),
    "short sql server": ("Data Source=db;Uid=app;Pwd={};", _PHRASE),
    "go mysql dsn": ("app:{}@tcp(db:3306)/shop?parseTime=true", _PHRASE),
    "libpq": ("host=db user=app password={} dbname=shop", _PHRASE),
    "service bus": (
        "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={}",
        f"{_B64}{{43}}=",
    ),
    "azure sas": (
        "https://shop.blob.core.windows.net/x?sv=2022-11-02&se=2026-01-01&sr=b&sp=r&sig={}",
        f"{_AN}{{43}}%3D",
    ),
    "signed s3 url": ("https://shop.s3.amazonaws.com/x?X-Amz-Expires=900&X-Amz-Signature={}", f"{_HEX}{{64}}"),
    "gcs signed url": ("https://storage.googleapis.com/x?X-Goog-Expires=900&X-Goog-Signature={}", f"{_HEX}{{128}}"),
    "key in a query": ("GET /v1/geocode?address=x&key={}&lang=en", f"{_AN}{{39}}"),
    "token in a query": ("GET /download?file=3&access_token={} HTTP/1.1", f"{_W}{{40}}"),
    "bearer header": ("Authorization: Bearer {}", f"{_W}{{43}}"),
    "basic header": ("authorization: Basic {}", f"{_B64}{{28}}"),
    "token header": ("Authorization: Token token={}", f"{_HEX}{{40}}"),
    "okta header": ("Authorization: SSWS 00{}", f"{_W}{{40}}"),
    "splunk header": ("Authorization: Splunk {}", _UUID),
    "genie header": ("Authorization: GenieKey {}", _UUID),
    "elastic header": ("Authorization: ApiKey {}", f"{_B64}{{60}}"),
    "aws v4 header": (
        "Authorization: AWS4-HMAC-SHA256 Credential=x/20261101/eu-west-1/s3, SignedHeaders=host, Signature={}",
        f"{_HEX}{{64}}",
    ),
    "api key header": ("X-Api-Key: {}", f"{_AN}{{32}}"),
    "auth token header": ("X-Auth-Token: {}", f"{_AN}{{32}}"),
    "cookie": ("Cookie: theme=dark; session={}; lang=en", f"{_W}{{40}}"),
    "set-cookie": ("Set-Cookie: sid={}; Path=/; HttpOnly", f"{_W}{{40}}"),
    "curl user": ("curl -u admin:{} https://x.shop.example/health", _PHRASE),
    "mysql option": ("mysqldump --user=app --password={} shop", _PHRASE),
    "long option": ("./migrate --db-password {} --verbose", _PHRASE),
    "redis option": ("redis-cli -h cache -a {} ping", _PHRASE),
    "docker login": ("docker login -u shop -p {} registry.shop.example", _PHRASE),
    "sshpass": ("sshpass -p {} ssh deploy@host", _PHRASE),
    "sql": ("ALTER USER app WITH PASSWORD '{}';", _PHRASE),
    "mysql identified": ("CREATE USER 'app'@'%' IDENTIFIED BY '{}';", _PHRASE),
    "netrc": ("machine git.shop.example login deploy password {}", _PHRASE),
    "npmrc": ("//registry.npmjs.org/:_authToken={}", _UUID),
    "docker config": ('{{"auths":{{"registry.shop.example":{{"auth":"{}"}}}}}}', f"{_B64}{{40}}"),
    "kubeconfig": ("    client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVkt{}", f"{_B64}{{200}}"),
    "slack webhook": ("https://hooks.slack.com/services/{}", f"T[A-Z0-9]{{10}}/B[A-Z0-9]{{10}}/{_AN}{{24}}"),
    "discord webhook": ("https://discord.com/api/webhooks/{}", f"[0-9]{{18}}/{_W}{{68}}"),
    "teams webhook": (
        "https://shop.webhook.office.com/webhookb2/{}",
        f"{_UUID}@{_UUID}/IncomingWebhook/{_HEX}{{32}}/{_UUID}",
    ),
    "java properties": ("spring.datasource.password={}", _PHRASE),
    "yaml": ("  password: {}", _PHRASE),
    "json": ('{{"user":"app","password":"{}"}}', _PHRASE),
    "json in json": ('{{"body":"{{\\"client_secret\\":\\"{}\\"}}"}}', _PHRASE),
    "python repr": ("{{'user': 'app', 'api_key': '{}'}}", f"{_AN}{{32}}"),
    "go struct": ("Config{{User:app Password:{} Host:db}}", f"{_AN}{{16}}"),
    "xml": ("<user>app</user><password>{}</password>", f"{_AN}{{16}}"),
    "form body": ("username=ann&password={}&remember=1", f"{_AN}{{16}}"),
}
"""Those that their place gives away: the place, and the shape."""


def drawn(shape: str, chance: Random) -> str:
    """A string of that shape: sets with a count, alternatives, and letters that stand for themselves."""
    return "".join(_one(found, chance) for found in _TOKEN.finditer(shape.replace("\n", "\x00"))).replace("\x00", "\n")


def _one(found: re.Match[str], chance: Random) -> str:
    if letters := found["set"]:
        least = int(found["least"] or 1)
        length = chance.randint(least, int(found["most"] or least))
        return "".join(chance.choices(_letters(letters), k=length))
    if either := found["either"]:
        return chance.choice(either.split("|"))
    return found[0]


def _letters(told: str) -> str:
    for short, full in _RANGES.items():
        told = told.replace(short, full)
    return told
