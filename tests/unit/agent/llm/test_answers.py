import pytest
from pydantic import BaseModel

from agent.llm.answers import Malformed, json_object, parsed


class Answer(BaseModel):
    text: str


def problem(text: str) -> str:
    with pytest.raises(Malformed) as caught:
        parsed(text, Answer)
    return str(caught.value)


def test_json_is_taken_bare_or_fenced() -> None:
    assert [
        parsed(text, Answer).text for text in ('{"text": "a"}', '```json\n{"text": "b"}\n```', ' {"text":"c"}\n')
    ] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it was empty"),
        ("  \n", "it was empty"),
        ("It is the database.", "it is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"text": "a"', "it is not JSON: Expecting ',' delimiter: line 1 column 13 (char 12)"),
        ('{"text": "a", "text": "b"}', "it is not JSON: an object has the same name twice"),
        ('{"text": "a", "n": {"x": 1, "x": 1}}', "it is not JSON: an object has the same name twice"),
        ('{"text": NaN}', "it is not JSON: NaN is not JSON"),
        ('{"text": -Infinity}', "it is not JSON: -Infinity is not JSON"),
        ('{"text": 1e999}', "it is not JSON: a number is too large"),
        ('{"text": "\\ud800"}', "it contains half a surrogate pair"),
        ('["text"]', "it is not a JSON object"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"text": 1}', "it does not have the right shape: text: Input should be a valid string"),
        ("{}", "it does not have the right shape: text: Field required"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, said: str) -> None:
    assert problem(text) == said


def test_what_the_model_wrote_is_not_repeated_at_length() -> None:
    assert len(problem('{"text": ' + "x" * 100_000)) < 600


def test_an_escaped_surrogate_pair_is_one_character() -> None:
    assert json_object('{"a": "\\ud83d\\ude00"}') == {"a": "😀"}
