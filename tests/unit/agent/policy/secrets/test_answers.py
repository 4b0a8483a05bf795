"""Secrets in the line below a heading, a question or a command."""

import pytest

from agent.policy.secrets.answers import answer_secrets
from tests.unit.agent.policy.secrets.told import said


def test_a_password_below_its_heading_and_lists_of_codes_are_found() -> None:
    assert said(answer_secrets, "Use the following password:\n\nc1dd0ac7e5746e95edf655e2b7c8ee35\n\nthen go on") == [
        "c1dd0ac7e5746e95edf655e2b7c8ee35"
    ]
    assert set(said(answer_secrets, "Recovery codes:\nf046e-13cc6\n0a301-00fb5\ndone")) == {
        "f046e-13cc6",
        "0a301-00fb5",
    }
    assert said(answer_secrets, "enter the password:\nGIT_SHA=7f9c8d6b5\n") == []


def test_the_answer_to_a_question_for_a_password_is_found() -> None:
    assert said(answer_secrets, "bob: what's the password of the db?\namy: sure, it's Kitten!2007\n") == ["Kitten!2007"]
    assert said(answer_secrets, "Password of elastic was reset.\nNew value: Kitten!2007\n") == ["Kitten!2007"]
    assert said(answer_secrets, "I rotated the password on db-1, new one: Kitten!2007") == ["Kitten!2007"]
    command = "$ kubectl get secret x -o jsonpath='{.data.password}'"
    assert set(said(answer_secrets, f"{command}\nUmcrZVZYc1FOITYxSjdVNQ==\n")) == {"UmcrZVZYc1FOITYxSjdVNQ=="}
    assert said(answer_secrets, "$ kubectl get secret -o jsonpath='{.metadata.name}'\nshop-tls-7f9c8d\n") == []
    assert said(answer_secrets, "bob: who rotated the token?\namy: see OPS-1234\n") == []
    assert set(said(answer_secrets, f"{command} | base64 -d\n2SQh3r5CZZqSTgKo\n")) == {"2SQh3r5CZZqSTgKo"}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Password:\n```\nKx9mmQ2wz\n```",
            "Password:\n> Kx9mmQ2wz",
            "# password\nKx9mmQ2wz\n",
            "Token:\n- Kx9mmQ2wz\n",
        ),
        *("Your new password\n-----------------\nKx9mmQ2wz\n", "h4. Password\n{noformat}Kx9mmQ2wz{noformat}"),
        *(
            "$ cat /run/secrets/db\nKx9mmQ2wz\n",
            '$ terraform output db_password\n"Kx9mmQ2wz"',
            "$ pwgen -s 9 1\nKx9mmQ2wz",
        ),
        *("$ vault kv get -field=password kv/db\nKx9mmQ2wz", "$ echo $DB_PASSWORD\nKx9mmQ2wz\n"),
        *('1) "requirepass"\n2) "Kx9mmQ2wz"', "al: pw of staging pls\nbo: Kx9mmQ2wz", "al: the password?\n> Kx9mmQ2wz"),
    ],
)
def test_what_answers_a_heading_a_command_or_a_question_is_found(text: str) -> None:
    assert set(said(answer_secrets, text)) == {"Kx9mmQ2wz"}


@pytest.mark.parametrize(
    "text",
    [
        "$ kubectl get secret db -o jsonpath='{.data.password}' | base64 -d\ncedar_summer675",
        "$ aws ssm get-parameter --name /shop/db_password --output text\ncedar_summer675",
        "$ yq .db.password values.yaml\ncedar_summer675",
        "ola 01:54: what's the root password on db-1?\nbo 01:59: try cedar_summer675\nola 02:01: works",
    ],
)
def test_words_and_a_number_answer_too(text: str) -> None:
    assert set(said(answer_secrets, text)) == {"cedar_summer675"}


def test_a_word_with_a_sign_of_equality_is_an_answer_where_it_looks_drawn() -> None:
    assert said(answer_secrets, "Password for elastic (reset with `x`):\n  ku4whnhy=o9KOcPg7ycG\n") == [
        "ku4whnhy=o9KOcPg7ycG"
    ]


def test_codes_are_found_below_their_heading_and_so_are_those_of_one_shape_with_them() -> None:
    text = "Save these backup recovery codes, each can be used once:\n  7j21d-x0naa\n  qtqdw-xviog  hr2o3-wqvpr\n\nBye"

    assert set(said(answer_secrets, text)) == {"7j21d-x0naa", "qtqdw-xviog", "hr2o3-wqvpr"}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "$ kubectl get secret -o name\nsecret/db-2",
            "$ printenv SECRET_NAME\ndb-credentials-v2",
            "$ grep -c password a\n12",
        ),
        *("$ kubectl get secret x -o jsonpath='{.metadata.uid}'\n7c9e6679-7425-40de-944b-e07fc1f90ae7",),
        *("invalid password\nat Auth2.login", "error codes:\n50012\n50013", "al: which secret?\nbo: db-credentials-v2"),
    ],
)
def test_what_commands_print_of_names_stays(text: str) -> None:
    assert said(answer_secrets, text) == []


@pytest.mark.parametrize(
    "text",
    [
        *("al: whats the db password\nbo: Kx9mmQ2wz", "al: can you send me the token?\nbo: sure, Kx9mmQ2wz"),
        *("al: need the pw\nbo: its Kx9mmQ2wz", "[10:02] <al> what is the root pw?\n[10:03] <bo> Kx9mmQ2wz"),
        *(
            "Al Haas 09:37\nthe db password again? lost it\n\nBo Novak 09:38\nKx9mmQ2wz\n",
            "what is the password?\nKx9mmQ2wz",
        ),
        *(
            "al: which keystore password?\nbo: this one: Kx9mmQ2wz",
            "password reset\nNotes: done, told the user the new one: Kx9mmQ2wz",
        ),
    ],
)
def test_what_somebody_answers_in_the_next_line_is_found(text: str) -> None:
    assert set(said(answer_secrets, text)) == {"Kx9mmQ2wz"}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "F0rgot password?\nL0gin",
            "[sudo] password for al:\nroot@ci-11:~#\n",
            "al: what is the cache key?\nbo: orders:dev:12776",
        ),
        "al: send the request id only, never the key\nbo: 0b75187b-6714-49c5-a62d-e493f39f3235",
        "al: put the token into the vault please\nbo: done, id of it is 0b75187b-6714-49c5-a62d-e493f39f3235",
    ],
)
def test_answers_that_are_no_secret_stay(text: str) -> None:
    assert said(answer_secrets, text) == []


def test_what_replaced_a_session_and_what_a_chart_generated_are_found() -> None:
    said_so = "the session id got rotated, new one: 0362dfab2a10b266ac01365187d2c55b"
    assert said(answer_secrets, said_so) == ["0362dfab2a10b266ac01365187d2c55b"]
    assert said(answer_secrets, "Password for the elastic user:\n  RkoR=KxHU*uRFg2DCzlQ\n") == ["RkoR=KxHU*uRFg2DCzlQ"]


@pytest.mark.parametrize(
    "text",
    [
        "sven  05:19\nanyone know the db password?\nfarid  04:53\nit's Kx9mmQ2wz! — pls don't paste it",
        "zoe: what is the db password?\nal: should be Kx9mmQ2wz!",
        "whats the pw for it\npierre  11:53 AM\nKx9mmQ2wz!\nchen  11:55 AM\nty",
    ],
)
def test_an_answer_may_go_on_behind_the_secret(text: str) -> None:
    assert said(answer_secrets, text) == ["Kx9mmQ2wz!"]


def test_the_value_of_a_leak_is_found_below_it() -> None:
    assert said(answer_secrets, "jira api token leaked in log #12.\nValue: SHzwrpudl0qLas2svFud6vbb\n") == [
        "SHzwrpudl0qLas2svFud6vbb"
    ]
    assert said(answer_secrets, "Failed to bind 'secret.name':\n    Value: \"gateway-credentials\"\n") == []
