import pytest
from pydantic import SecretStr

from agent.domain.errors import ConfigurationError
from agent.llm.endpoints import Endpoint, endpoint, endpoints, package_of

KEY = SecretStr("sk-general")


def test_the_general_key_goes_to_the_general_place_alone() -> None:
    found = endpoints(
        "openai:gpt-5-mini",
        "gpt-5-nano, openai:qwen3:8b@http://10.0.0.5:8000/v1#QWEN_KEY, openai:phi@https://phi.example/v1",
        base_url="https://gateway.example/v1",
        api_key=KEY,
        environ={"QWEN_KEY": "sk-qwen"},
    )
    assert found == [
        Endpoint("openai", "gpt-5-mini", "https://gateway.example/v1", KEY),
        Endpoint("openai", "gpt-5-nano", "https://gateway.example/v1", KEY),
        Endpoint("openai", "qwen3:8b", "http://10.0.0.5:8000/v1", SecretStr("sk-qwen")),
        Endpoint("openai", "phi", "https://phi.example/v1", None),
    ]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("", "'' names no model; write it like openai:gpt-5-mini."),
        ("openai:", "'openai:' names no model; write it like openai:gpt-5-mini."),
        ("openai:@http://x", "'openai:@http://x' names no model; write it like openai:gpt-5-mini."),
        (
            "qwen3:8b",
            (
                "'qwen3:8b' names the provider qwen3, whose package is not here; install langchain-qwen3, or write "
                "openai:MODEL for a server that speaks OpenAI's API."
            ),
        ),
        ("openai:a@http://x#NONE", "'openai:a@http://x#NONE' takes its key from NONE, which is not set."),
    ],
)
def test_what_cannot_be_understood_is_refused_in_one_sentence(spec: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        endpoint(spec, base_url="", api_key=None, environ={})
    assert str(caught.value) == said


def test_each_provider_is_looked_for_where_langchain_takes_it_from() -> None:
    from langchain.chat_models.base import _BUILTIN_PROVIDERS

    taken = {name: module.partition(".")[0] for name, (module, *_) in _BUILTIN_PROVIDERS.items()}
    assert {name: package_of(name) for name in taken} == taken
    assert package_of("Google-GenAI") == "langchain_google_genai"
