"""Keys and tokens that a vendor issues in a form of its own: told by the form alone."""

import base64
import json
import string
from collections.abc import Callable
from dataclasses import dataclass

from tests.attacks.corpus.drawing import ALNUM, BASE32, BASE64URL, HEX, LOWER, UPPER, Draw


@dataclass(frozen=True)
class Credential:
    """A kind of secret: the words of its name, how to draw one, and whether people choose it themselves."""

    kind: str
    words: str
    make: Callable[[Draw], str]
    human: bool = False


def _plain(prefix: str, alphabet: str, length: int) -> Callable[[Draw], str]:
    """Make a prefix and a random rest."""
    return lambda draw: prefix + draw.text(alphabet, length)


def _uuid(prefix: str) -> Callable[[Draw], str]:
    """Make a prefix and a UUID."""
    return lambda draw: prefix + draw.uuid()


def _json(claims: dict[str, str]) -> str:
    """Make the URL-safe base64 of a small JSON object, which starts with ``eyJ``."""
    return base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode()).decode().rstrip("=")


def _slack(prefix: str, numbers: int, rest: int) -> Callable[[Draw], str]:
    """Make a Slack token: numbers of workspace and app, then the random part."""
    return lambda draw: "-".join(
        [prefix, *(draw.text(string.digits, draw.number(11, 13)) for _ in range(numbers)), draw.text(ALNUM, rest)]
    )


def _openai(draw: Draw) -> str:
    """Make an OpenAI project key, with the mark that all of them carry in the middle."""
    return "sk-" + "proj-" + draw.text(BASE64URL, 74) + "T3Blbk" + "FJ" + draw.text(BASE64URL, 74)


def _sentry(draw: Draw) -> str:
    """Make a Sentry organisation token: claims, then the random part."""
    claims = _json({"url": "https://sentry.io", "region_url": "https://de.sentry.io", "org": "shop"})
    return "sntr" + "ys_" + claims + "_" + draw.text(ALNUM + "+/", 43)


def _swarm(draw: Draw) -> str:
    """Make a token that lets a machine join a Docker swarm."""
    return "SWM" + "TKN-1-" + draw.text(LOWER, 50) + "-" + draw.text(LOWER, 25)


def _discord(draw: Draw) -> str:
    """Make a Discord bot token: the bot's number in base64, a time, a signature."""
    number = base64.b64encode(("1" + draw.text(string.digits, 17)).encode()).decode().rstrip("=")
    return f"{number}.{draw.text(BASE64URL, 6)}.{draw.text(BASE64URL, 38)}"


def _onepassword(draw: Draw) -> str:
    """Make a 1Password service account token: base64 of its credentials."""
    claims = {"signInAddress": "shop.1password.eu", "secretKey": draw.text(UPPER, 34), "srpX": draw.text(HEX, 64)}
    return "ops" + "_" + _json(claims | {"muk": draw.base64url(96), "deviceUuid": draw.text(LOWER, 26)})


ISSUED: tuple[Credential, ...] = (
    Credential("github_classic", "github token", _plain("gh" + "p_", ALNUM, 36)),
    Credential("github_fine", "gh token", lambda d: "github" + "_pat_" + d.text(ALNUM, 22) + "_" + d.text(ALNUM, 59)),
    Credential("github_app", "github app token", _plain("gh" + "s_", ALNUM, 36)),
    Credential("github_oauth", "github oauth token", _plain("gh" + "o_", ALNUM, 36)),
    Credential("gitlab_personal", "gitlab token", _plain("gl" + "pat-", BASE64URL, 20)),
    Credential("gitlab_deploy", "ci deploy token", _plain("gl" + "dt-", BASE64URL, 20)),
    Credential("gitlab_runner", "runner token", _plain("gl" + "rt-", BASE64URL, 20)),
    Credential("gitlab_trigger", "trigger token", _plain("gl" + "ptt-", HEX, 40)),
    Credential("slack_bot", "slack bot token", _slack("xo" + "xb", 2, 24)),
    Credential("slack_user", "slack user token", _slack("xo" + "xp", 3, 32)),
    Credential(
        "slack_app",
        "slack app token",
        lambda d: "xa" + "pp-1-A" + d.text(UPPER, 10) + f"-{d.text(string.digits, 13)}-" + d.text(HEX, 64),
    ),
    Credential("stripe_secret", "stripe secret key", _plain("sk" + "_live_", ALNUM, 99)),
    Credential("stripe_old", "stripe api key", _plain("sk" + "_live_", ALNUM, 24)),
    Credential("stripe_restricted", "stripe restricted key", _plain("rk" + "_live_", ALNUM, 99)),
    Credential("stripe_webhook", "stripe webhook secret", _plain("wh" + "sec_", ALNUM, 32)),
    Credential("openai_project", "openai api key", _openai),
    Credential("anthropic", "anthropic api key", lambda d: "sk-" + "ant-api03-" + d.text(BASE64URL, 93) + "AA"),
    Credential("google_api", "google api key", _plain("AI" + "za", BASE64URL, 35)),
    Credential("google_client_secret", "google client secret", _plain("GOC" + "SPX-", BASE64URL, 28)),
    Credential("google_access", "google access token", _plain("ya" + "29.", BASE64URL, 180)),
    Credential("npm", "npm token", _plain("np" + "m_", ALNUM, 36)),
    Credential("pypi", "twine password", lambda d: "py" + "pi-AgEIcHlwaS5vcmc" + d.text(BASE64URL, 150)),
    Credential("rubygems", "rubygems api key", _plain("ruby" + "gems_", HEX, 48)),
    Credential("crates", "cargo registry token", _plain("ci" + "o", ALNUM, 32)),
    Credential("nuget", "nuget api key", _plain("oy" + "2", "abcdefghijklmnopqrstuvwxyz234567", 43)),
    Credential("docker_hub", "docker hub token", _plain("dckr" + "_pat_", BASE64URL, 27)),
    Credential("digitalocean", "digitalocean token", _plain("do" + "p_v1_", HEX, 64)),
    Credential(
        "sendgrid", "sendgrid api key", lambda d: "SG" + "." + d.text(BASE64URL, 22) + "." + d.text(BASE64URL, 43)
    ),
    Credential("mailgun", "mailgun api key", _plain("ke" + "y-", HEX, 32)),
    Credential("mailchimp", "mailchimp api key", lambda d: d.text(HEX, 32) + f"-us{d.number(1, 21)}"),
    Credential("brevo", "brevo api key", lambda d: "xkey" + "sib-" + d.text(HEX, 64) + "-" + d.text(ALNUM, 16)),
    Credential("shopify", "shopify access token", _plain("shp" + "at_", HEX, 32)),
    Credential("square", "square access token", _plain("EA" + "AA", BASE64URL, 60)),
    Credential("vault_service", "vault token", _plain("hv" + "s.", BASE64URL, 92)),
    Credential("vault_batch", "vault batch token", _plain("hv" + "b.", BASE64URL, 140)),
    Credential("terraform_cloud", "tfe token", lambda d: d.text(ALNUM, 14) + "." + "atlas" + "v1." + d.text(ALNUM, 67)),
    Credential("databricks", "databricks token", _plain("da" + "pi", HEX, 32)),
    Credential("grafana_account", "grafana token", lambda d: "gl" + "sa_" + d.text(ALNUM, 32) + "_" + d.text(HEX, 8)),
    Credential("postman", "postman api key", lambda d: "PM" + "AK-" + d.text(HEX, 24) + "-" + d.text(HEX, 34)),
    Credential("linear", "linear api key", _plain("lin" + "_api_", ALNUM, 40)),
    Credential("notion", "notion token", _plain("nt" + "n_", ALNUM, 46)),
    Credential("figma", "figma token", _plain("fi" + "gd_", BASE64URL, 40)),
    Credential("airtable", "airtable token", lambda d: "pa" + "t" + d.text(ALNUM, 14) + "." + d.text(HEX, 64)),
    Credential(
        "atlassian", "jira api token", lambda d: "ATA" + "TT3xFfGF0" + d.text(BASE64URL, 174) + "=" + "C1B2A3D4"
    ),
    Credential("bitbucket_app", "bitbucket app password", _plain("AT" + "BB", ALNUM, 32)),
    Credential("hugging_face", "hf token", _plain("hf" + "_", string.ascii_letters, 34)),
    Credential("replicate", "replicate api token", _plain("r8" + "_", ALNUM, 37)),
    Credential("groq", "groq api key", _plain("gs" + "k_", ALNUM, 52)),
    Credential("xai", "xai api key", _plain("xa" + "i-", ALNUM, 80)),
    Credential("perplexity", "perplexity api key", _plain("pp" + "lx-", ALNUM, 48)),
    Credential(
        "azure_client",
        "azure client secret",
        lambda d: d.text(ALNUM, 3) + d.one("78") + "Q" + "~" + d.text(ALNUM + "_.-", 33) + d.one(ALNUM),
    ),
    Credential("new_relic_user", "new relic api key", _plain("NR" + "AK-", UPPER, 27)),
    Credential("new_relic_ingest", "new relic license key", lambda d: d.text(HEX, 36) + "NR" + "AL"),
    Credential("dynatrace", "dt api token", lambda d: "dt0" + "c01." + d.text(BASE32, 24) + "." + d.text(BASE32, 64)),
    Credential("sentry_org", "sentry auth token", _sentry),
    Credential("sentry_user", "sentry token", _plain("sntr" + "yu_", HEX, 64)),
    Credential("pulumi", "pulumi access token", _plain("pu" + "l-", HEX, 40)),
    Credential("planetscale", "pscale password", _plain("pscale" + "_pw_", BASE64URL, 43)),
    Credential("supabase", "supabase access token", _plain("sb" + "p_", HEX, 40)),
    Credential("doppler", "doppler token", lambda d: "dp" + ".st.prd." + d.text(ALNUM, 43)),
    Credential("onepassword", "op service account token", _onepassword),
    Credential("age", "sops age key", _plain("AGE-" + "SECRET-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
    Credential("launchdarkly", "launchdarkly sdk key", _uuid("sd" + "k-")),
    Credential("buildkite", "buildkite api token", _plain("bk" + "ua_", HEX, 40)),
    Credential("discord_bot", "discord bot token", _discord),
    Credential(
        "telegram_bot", "telegram bot token", lambda d: d.text("123456789", 10) + ":" + "AA" + d.text(BASE64URL, 33)
    ),
    Credential(
        "tailscale", "ts authkey", lambda d: "ts" + "key-auth-k" + d.text(ALNUM, 10) + "CNTRL-" + d.text(ALNUM, 32)
    ),
    Credential("artifactory", "artifactory api key", _plain("AK" + "Cp", ALNUM, 69)),
    Credential("artifactory_reference", "jfrog access token", _plain("cm" + "VmdGtu", ALNUM, 56)),
    Credential("swarm_join", "swarm join token", _swarm),
    Credential("heroku", "heroku api key", _plain("HR" + "KU-AA", BASE64URL, 58)),
    Credential("netlify", "netlify auth token", _plain("nf" + "p_", ALNUM, 36)),
    Credential("prefect", "prefect api key", _plain("pn" + "u_", LOWER, 36)),
    Credential("contentful", "contentful management token", _plain("CF" + "PAT-", BASE64URL, 43)),
    Credential("sonarqube", "sonar token", _plain("sq" + "u_", HEX, 40)),
    Credential("sourcegraph", "src access token", lambda d: "sg" + "p_" + d.text(HEX, 16) + "_" + d.text(HEX, 40)),
    Credential("plaid", "plaid access token", _uuid("access" + "-production-")),
    Credential("rancher", "rancher token", lambda d: "token-" + d.text(LOWER, 5) + ":" + d.text(LOWER, 54)),
    Credential("mapbox", "mapbox secret token", lambda d: "sk" + "." + _json({"u": "shop"}) + "." + d.text(ALNUM, 22)),
    Credential("jwt", "access token", lambda d: d.jwt()),
    Credential("facebook", "facebook page token", lambda d: "EA" + "AG" + d.text(ALNUM, 160)),
)
