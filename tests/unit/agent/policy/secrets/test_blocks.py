"""Secrets on lines of their own."""

from agent.policy.secrets.blocks import block_secrets
from tests.unit.agent.policy.secrets.told import said


def test_every_value_of_a_kubernetes_secret_is_found() -> None:
    text = "kind: Secret\nmetadata:\n  name: db\ndata:\n  a: c2VjcmV0MQ==\n  b: c2VjcmV0Mg==\ntype: Opaque\n"
    assert said(block_secrets, text) == ["c2VjcmV0MQ==", "c2VjcmV0Mg=="]
    assert said(block_secrets, text.replace("kind: Secret", "kind: ConfigMap")) == []


def test_a_block_under_the_name_of_a_secret_is_found() -> None:
    assert said(block_secrets, "api_token: |\n  abcd1234\n  efgh5678\nname: x\n") == ["abcd1234", "efgh5678"]
    assert said(block_secrets, "description: |\n  abcd1234\n") == []


def test_a_password_below_its_heading_and_lists_of_codes_are_found() -> None:
    assert said(block_secrets, "Use the following password:\n\nc1dd0ac7e5746e95edf655e2b7c8ee35\n\nthen go on") == [
        "c1dd0ac7e5746e95edf655e2b7c8ee35"
    ]
    assert said(block_secrets, "Recovery codes:\nf046e-13cc6\n0a301-00fb5\ndone") == ["f046e-13cc6", "0a301-00fb5"]
    assert said(block_secrets, "Backup codes of bob: hh1lh-qngwb 0oduu-coz9f") == ["hh1lh-qngwb", "0oduu-coz9f"]
    assert said(block_secrets, "my backup codes are 930ec-141d0 and 290f3-bf833, use one") == [
        "930ec-141d0",
        "290f3-bf833",
    ]
    assert said(block_secrets, "the backup codes are read-only and well-kept") == []
    assert said(block_secrets, "enter the password:\nGIT_SHA=7f9c8d6b5\n") == []


def test_the_answer_to_a_question_for_a_password_is_found() -> None:
    assert said(block_secrets, "bob: what's the password of the db?\namy: sure, it's Kitten!2007\n") == ["Kitten!2007"]
    assert said(block_secrets, "Password of elastic was reset.\nNew value: Kitten!2007\n") == ["Kitten!2007"]
    assert said(block_secrets, "I rotated the password on db-1, new one: Kitten!2007") == ["Kitten!2007"]
    assert said(block_secrets, "$ kubectl get secret x -o jsonpath='{.data.password}'\nUmcrZVZYc1FOITYxSjdVNQ==\n") == [
        "UmcrZVZYc1FOITYxSjdVNQ=="
    ]
    assert said(block_secrets, "$ kubectl get secret -o jsonpath='{.metadata.name}'\nshop-tls-7f9c8d\n") == []
    assert said(block_secrets, "bob: who rotated the token?\namy: see OPS-1234\n") == []
    assert said(
        block_secrets, "$ kubectl get secret x -o jsonpath='{.data.password}' | base64 -d\n2SQh3r5CZZqSTgKo\n"
    ) == ["2SQh3r5CZZqSTgKo"]


def test_the_cells_below_a_name_in_the_first_row_of_a_table_are_secrets() -> None:
    text = "| host | user | password |\n|---|---|---|\n| a-1 | ana | Blau#Katze84 |\n| b-1 | bo | stein=98X |\n"

    assert set(said(block_secrets, text)) == {"Blau#Katze84", "stein=98X"}


def test_a_table_without_such_a_name_is_left() -> None:
    text = "| host | user | password age |\n|---|---|---|\n| a-1 | ana | 84 days |\n"

    assert list(said(block_secrets, text)) == []


def test_a_table_of_a_wiki_is_read_like_any_other() -> None:
    text = "h3. Access\n||host||user||password||\n|a-1|root|Canyon_maple+55|\n"

    assert said(block_secrets, text) == ["Canyon_maple+55"]
