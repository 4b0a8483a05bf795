"""Harmless values beside their names: in the same configurations, commands and sentences as the secrets."""

from tests.attacks.corpus.drawing import HEX, Draw
from tests.attacks.corpus.filling import FIELDS
from tests.attacks.corpus.issued import Credential
from tests.attacks.corpus.placing import Context
from tests.attacks.corpus.settings import COMMANDS, SENTENCES, SETTINGS

# Contexts whose own words say that what they hold is secret.
_SECRETIVE = (
    "helm_values",
    "kubectl_create_secret",
    "ssm_put",
    "gh_secret_set",
    "vault_put",
    "fly_secrets",
    "chat_backtick",
    "jira_rotated",
    "postmortem",
    "chat_tried",
    "alert_annotation",
    "mail",
    "chat_quote",
    "ticket_steps",
    "chat_leak",
    "commit_message",
)
NEUTRAL_CONTEXTS: tuple[tuple[Context, ...], ...] = tuple(
    tuple(context for context in group if context.name not in _SECRETIVE) for group in (SETTINGS, COMMANDS, SENTENCES)
)


def _field(kind: str, words: str, field: str) -> Credential:
    """Name one of the harmless fields."""
    return Credential(kind, words, FIELDS[field])


def _object_key(draw: Draw) -> str:
    """Draw the name of an object in a store."""
    return f"dumps/{FIELDS['service'](draw)}/{FIELDS['day'](draw)}/{draw.uuid()}.gz"


NEUTRAL: tuple[Credential, ...] = (
    _field("named_request_id", "request id", "uuid"),
    _field("named_trace_id", "trace id", "trace"),
    _field("named_span_id", "parent span id", "span"),
    Credential("named_image", "image digest", FIELDS["digest"]),
    _field("named_revision", "git revision", "sha"),
    _field("named_tenant", "tenant id", "uuid"),
    _field("named_client_id", "oidc client id", "uuid"),
    _field("named_kms_key", "kms key id", "uuid"),
    _field("named_checksum", "config checksum", "hash"),
    _field("named_account", "aws account id", "account"),
    _field("named_host", "db host", "host"),
    _field("named_user", "db user", "service"),
    _field("named_node", "node name", "node"),
    _field("named_pod", "pod name", "pod"),
    _field("named_version", "chart version", "version"),
    _field("named_public_key", "ssh public key", "edkey"),
    Credential("named_etag", "object etag", lambda d: d.text(HEX, 32)),
    Credential("named_serial", "certificate serial", lambda d: d.text(HEX, 36)),
    Credential("named_object_key", "object key", _object_key),
    Credential("named_role", "role arn", lambda d: f"arn:aws:iam::{FIELDS['account'](d)}:role/{FIELDS['service'](d)}"),
    Credential("named_secret_name", "secret name", lambda d: f"{FIELDS['service'](d)}-credentials"),
    Credential("named_token_ttl", "token ttl seconds", lambda d: str(d.one([300, 900, 3600, 86400]))),
    Credential("named_password_length", "password min length", lambda d: str(d.number(8, 20))),
    Credential("named_max_tokens", "max tokens", lambda d: str(d.one([1024, 4096, 8192, 128000]))),
    Credential("named_key_rotation", "key rotation days", lambda d: str(d.one([30, 90, 365]))),
    Credential("named_session_timeout", "session timeout", lambda d: f"{d.number(5, 90)}m"),
    Credential("named_token_endpoint", "token endpoint", lambda d: f"https://sso.{FIELDS['space'](d)}.internal/token"),
    Credential("named_auth_method", "auth method", lambda d: d.one(["password", "token", "kerberos", "mtls"])),
)
