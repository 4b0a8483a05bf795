"""Which names are of secrets, and what their values must look like."""

import pytest

from agent.policy.secrets.names import Trust, trust, words_of


@pytest.mark.parametrize("name", ["pgBindPW2", "PG_BIND_PW_2", "pg.bind.pw.2", "pg-bind-pw2"])
def test_a_name_is_its_words_however_they_are_joined(name: str) -> None:
    assert words_of(name) == ("pg", "bind", "pw", "2")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dbPassword", Trust.CHOSEN),
        ("STAGING_DB_PASSWORD", Trust.CHOSEN),
        ("password_old", Trust.CHOSEN),
        ("storepass", Trust.CHOSEN),
        ("kennwort", Trust.CHOSEN),
        ("snmp_community", Trust.CHOSEN),
        ("slack.bot.token", Trust.ISSUED),
        ("client-key-data", Trust.ISSUED),
        ("session_id", Trust.ISSUED),
        ("connect.sid", Trust.ISSUED),
        ("acme_key", Trust.DRAWN),
        ("token_checkout", Trust.DRAWN),
        ("approle_secret_id", Trust.HANDLE),
        ("secret_id", Trust.HANDLE),
        ("device_code", Trust.DRAWN),
        ("VAULT_DEV_ROOT_TOKEN_ID", Trust.CHOSEN),
        ("payment_hash_key", Trust.ISSUED),
        ("SHOP_REDIS_AUTH", Trust.CHOSEN),
        ("serial", Trust.GROUPED),
        ("recovery_code", Trust.NUMBER),
    ],
)
def test_the_last_word_about_secrets_says_what_its_value_looks_like(name: str, kind: Trust) -> None:
    assert trust(name) is kind


@pytest.mark.parametrize(
    "name",
    [
        *("password_ttl", "passwordFile", "token_id", "secretName", "secretKeyRef", "api_key_id", "access_token_url"),
        *(
            "max_tokens",
            "next_token",
            "public_key",
            "stripePublishableKey",
            "partition_key",
            "cacheKey",
            "host_key",
            "s3_key",
        ),
        *("twilio_account_sid", "auth-gateway.pool.size", "bypass", "status_code", "key", "id", "author", "tokenizer"),
        *("plaidSecretId", "stripeSecretKeyId", "PublicKeyToken", "pwdLastSet", "hash_key"),
    ],
)
def test_names_of_something_about_a_secret_are_of_none(name: str) -> None:
    assert trust(name) is None
