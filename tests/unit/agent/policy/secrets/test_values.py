"""What is a secret where one would stand, and what looks like one anywhere."""

import pytest

from agent.policy.secrets.names import Trust
from agent.policy.secrets.values import chosen, plausible, secret_under, settled, strong, told_outright, worded


@pytest.mark.parametrize(
    "value",
    [
        *("${DB_PASSWORD}", "$TOKEN", "{{ secret }}", "vault:secret/data/app#password", "arn:aws:x", "DB_PASSWORD"),
        *("/run/secrets/db_password", "~/.pgpass", "****", "xxxxxxxx", "<redacted>", "[FILTERED]", "(sensitive value)"),
        *("null", "required", "expired", "os.environ['X']", "config.password", "getPassword()", "op://vault/item"),
    ],
)
def test_what_refers_to_a_secret_or_masks_one_is_none(value: str) -> None:
    assert not plausible(value)


@pytest.mark.parametrize(
    ("kind", "secrets", "others"),
    [
        (Trust.CHOSEN, ("hunter2", "krakow-silver", "{t?j@JyIw|jT5"), ("true", "12")),
        (
            Trust.ISSUED,
            ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "abc12345"),
            ("refresh", "db-creds", "checkout-tls-2024"),
        ),
        (
            Trust.DRAWN,
            ("9f86d081884c7d659a2feaa0c55ad015",),
            ("7c9e6679-7425-40de-944b-e07fc1f90ae7", "orders/eu/ea3b2462"),
        ),
        (Trust.HANDLE, ("7c9e6679-7425-40de-944b-e07fc1f90ae7",), ("prod/db-2",)),
        (Trust.GROUPED, ("HWRFH-H4G44-DMWPF",), ("4f3a2b1c0d9e8f7a",)),
        (Trust.NUMBER, ("482913",), ("3", "1.5")),
    ],
)
def test_each_kind_of_name_asks_its_own_of_a_value(
    kind: Trust, secrets: tuple[str, ...], others: tuple[str, ...]
) -> None:
    assert [value for value in (*secrets, *others) if secret_under(kind, value)] == list(secrets)


def test_words_joined_with_a_dot_may_be_a_key_that_people_share() -> None:
    words = ["meadow-morning-saddle.diamond", "orders-writer-main.internal.example", "copper-kettle.lake"]
    assert [word for word in words if secret_under(Trust.ISSUED, word)] == ["meadow-morning-saddle.diamond"]


def test_people_choose_letters_with_digits_or_signs() -> None:
    words = [
        "Kitten!2007",
        "Berlin2932-",
        "OPS-1234",
        "checkout-7f9c8d-x27",
        "v1.2.3",
        "app-1.shop.internal",
        "p99",
        "again",
    ]
    assert [word for word in words if chosen(word)] == ["Kitten!2007", "Berlin2932-"]
    assert [word for word in words if strong(word)] == ["Kitten!2007"]


def test_right_behind_the_verb_words_with_dots_may_be_one_and_versions_may_not() -> None:
    words = ["Silver.slonce.1982", "Python3.11", "7days", "sha256", "app-1.shop.internal", "/srv/app1"]
    assert [word for word in words if told_outright(word)] == ["Silver.slonce.1982"]


@pytest.mark.parametrize(
    "value",
    ["sk_live_****abcd", "****1234", "ghp_" + "x" * 36, "sk-...abcd", "*" * 27 + "ab12c", "sk-proj-********abcd"],
)
def test_what_shows_the_ends_of_a_secret_alone_is_a_mask(value: str) -> None:
    assert not plausible(value)


def test_a_table_holds_words_with_digits_and_no_kinds_or_sums() -> None:
    words = [
        "sunshine42",
        "Silver.slonce.1982",
        "lemon-harbor-tree-moss",
        "sha256",
        "rotated",
        "90days",
        "vault.corp.io",
    ]
    assert [word for word in words if settled(word)] == words[:3]


@pytest.mark.parametrize(
    "value",
    [
        *("DATA+OMITTED", "***REDACTED***", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "-------- # (18 bytes)", "changeme"),
        *(
            "your-api-key-here",
            "%(PYPI_TOKEN)s",
            "^&amp;]*'",
            'jsondecode(data.x.y.secret_string)["password"]',
            "ask Anna",
        ),
        *('see 1Password ("Otter")', "2024-01-17", "Ctrl+Alt+Del", "java:S2068", "orders-db-password:latest"),
        *("Ag5p" + "x7Kq2Lm9" * 12, "credentials('sonar')", "docker.io/shop/media:sha256-75c494dd.sig"),
        *("(1:4.8.1-2ubuntu2.7)", "b64enc"),
        *("sha512", "(#885)", "0x55eb4eb006db25e7", "confirmPassword", "SecretStr", "on_create"),
        *("{cipher}9f86d081884c7d659a2feaa0", "AQAAANCMnd8BFdERjHoAwE4zas", "@db.password@", "@@DB_PASSWORD@@", "PASS"),
        "std.extVar('DB_PASSWORD'",
        *("crypto.randomBytes(32).toString('hex')", "3c:90:cf:81:7b:9b:43:fc:92:88:4f:cb:c7:00:95:05"),
    ],
)
def test_what_stands_for_a_secret_or_is_about_one_is_none(value: str) -> None:
    assert not plausible(value)


def test_three_words_with_one_sign_between_them_are_a_phrase_and_hosts_and_objects_are_none() -> None:
    words = [
        "timber-pumpkin-bamboo18",
        "Mercury_Maple_Violet",
        "ember.ember.meadow",
        "orders.shop.internal",
        "my-app-config",
    ]
    assert [word for word in words if worded(word)] == words[:3]


def test_a_salt_with_blanks_is_issued_and_a_sentence_is_not() -> None:
    salt = "$_YdO4TPH0A Y5^-EVAjs%#6WFI8$oaoefkNTdWMicghOnT8XrXt0hhV va@SlvoVA"
    assert secret_under(Trust.ISSUED, salt)
    assert not secret_under(Trust.ISSUED, "this is what the operators of the service call their secret")


def test_under_the_name_of_a_token_the_name_of_another_is_none() -> None:
    assert not secret_under(Trust.ISSUED, "shipping2_db_password")
    assert secret_under(Trust.NUMBER, "P3Pp3R490")


def test_two_words_and_a_number_are_chosen_and_names_of_objects_are_not() -> None:
    words = ["lamp_river42", "Lamp.River.42", "api_server42", "http_requests", "Newtonsoft.Json"]
    assert [word for word in words if chosen(word)] == words[:2]
    assert [word for word in ("SNMPv3", "SERVICE=shop", "b64enc") if chosen(word)] == []
