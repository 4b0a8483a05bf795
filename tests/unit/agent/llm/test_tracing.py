import pytest

from agent.llm.tracing import off_unless_asked

HIDDEN = {"LANGSMITH_HIDE_INPUTS": "true", "LANGSMITH_HIDE_OUTPUTS": "true"}


@pytest.mark.parametrize(
    ("environ", "after"),
    [
        ({}, {"LANGSMITH_TRACING": "false"}),
        ({"LANGCHAIN_TRACING_V2": "true"}, {"LANGCHAIN_TRACING_V2": "false", "LANGSMITH_TRACING": "false"}),
        ({"LANGSMITH_TRACING": "true"}, {"LANGSMITH_TRACING": "true", **HIDDEN}),
        ({"LANGSMITH_TRACING": "false"}, {"LANGSMITH_TRACING": "false"}),
        (
            {"LANGSMITH_TRACING": "true", "LANGSMITH_HIDE_INPUTS": "false"},
            {"LANGSMITH_TRACING": "true", **HIDDEN, "LANGSMITH_HIDE_INPUTS": "false"},
        ),
        (
            {"LANGSMITH_API_KEY": "k", "LANGCHAIN_TRACING": "true"},
            {"LANGSMITH_API_KEY": "k", "LANGCHAIN_TRACING": "true", **HIDDEN},
        ),
        ({"LANGSMITH_TRACING": ""}, {"LANGSMITH_TRACING": "false"}),
    ],
)
def test_nothing_is_traced_unless_langsmith_was_set_on_purpose(environ: dict[str, str], after: dict[str, str]) -> None:
    off_unless_asked(environ)
    assert environ == after
