"""What is found in all, in order and apart."""

import pytest

from agent.policy.secrets.finding import findings


def test_what_overlaps_goes_as_one_and_an_address_beside_a_secret_stays_one() -> None:
    text = "postgres://app:Kx9mmQ2@db.shop.example/x from 10.0.0.9, password=Kx9mmQ2@x.io"
    assert [(text[one.start : one.end], one.label) for one in findings(text)] == [
        ("Kx9mmQ2", "password"),
        ("10.0.0.9", "ip"),
        ("Kx9mmQ2@x.io", "password"),
    ]


def test_ends_of_lines_that_json_writes_out_are_ends_of_lines() -> None:
    text = r"kind: Secret\ndata:\n  a: c2VjcmV0MQ==\n"
    assert [text[one.start : one.end] for one in findings(text)] == ["c2VjcmV0MQ=="]


def test_a_bracket_that_is_written_out_within_an_element_is_part_of_the_value() -> None:
    text = "<password>g&quot;F&lt;)f{qdNX</password>"
    assert [text[one.start : one.end] for one in findings(text)] == ["g&quot;F&lt;)f{qdNX"]


@pytest.mark.parametrize(
    "text",
    [
        "{&quot;password&quot;:&quot;hunter&2x&quot;}",
        "&lt;password&gt;hunter&2x&lt;/password&gt;",
        "password=&#39;hunter&2x&#39;",
        r"{\u0022password\u0022:\u0022hunter&2x\u0022}",
    ],
)
def test_signs_that_html_and_json_write_out_are_signs(text: str) -> None:
    assert {text[one.start : one.end].strip() for one in findings(text)} == {"hunter&2x"}
