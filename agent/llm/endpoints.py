"""Which model is asked, where, and with whose key?"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from agent.domain.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx2
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

_PACKAGES = {
    "anthropic_bedrock": "langchain_aws",
    "azure_openai": "langchain_openai",
    "bedrock": "langchain_aws",
    "bedrock_converse": "langchain_aws",
    "bedrock_mantle_anthropic": "langchain_aws",
    "bedrock_mantle_openai": "langchain_aws",
    "google_anthropic_vertex": "langchain_google_vertexai",
    "langsmith": "langchain_openai",
    "nvidia": "langchain_nvidia_ai_endpoints",
}
"""LangChain's packages that are not called after their provider."""


@dataclass(frozen=True)
class Endpoint:
    """One model at one place."""

    provider: str
    model: str
    base_url: str = ""
    """Empty: the provider's own."""
    api_key: SecretStr | None = None

    @property
    def name(self) -> str:
        return f"{self.provider}:{self.model}"


def endpoint(spec: str, *, base_url: str, api_key: SecretStr | None, environ: Mapping[str, str]) -> Endpoint:
    """From `openai:gpt-5-mini`, or `openai:qwen3@http://host:8000/v1#QWEN_KEY` for one at a place of its own.

    The part after `#` names the environment variable with that place's key: the general key never goes there.
    ConfigurationError when it cannot be understood.
    """
    named, at, place = spec.strip().partition("@http")
    provider, colon, model = named.partition(":")
    if not colon:
        provider, model = "openai", named
    if not provider or not model:
        raise ConfigurationError(f"{spec!r} names no model; write it like openai:gpt-5-mini.")
    _require_installed(spec, provider)
    if not at:
        return Endpoint(provider, model, base_url, api_key)
    url, _, variable = f"http{place}".partition("#")
    if variable and variable not in environ:
        raise ConfigurationError(f"{spec!r} takes its key from {variable}, which is not set.")
    return Endpoint(provider, model, url, SecretStr(environ[variable]) if variable else None)


def endpoints(
    model: str, fallbacks: str, *, base_url: str, api_key: SecretStr | None, environ: Mapping[str, str]
) -> list[Endpoint]:
    """The model and its fallbacks (comma-separated), in the order in which they are asked."""
    specs = [model, *(spec for spec in fallbacks.split(",") if spec.strip())]
    return [endpoint(spec, base_url=base_url, api_key=api_key, environ=environ) for spec in specs]


def _require_installed(spec: str, provider: str) -> None:
    package = package_of(provider)
    if not package.isidentifier() or find_spec(package) is None:
        raise ConfigurationError(
            f"{spec!r} names the provider {provider}, whose package is not here; install "
            f"{package.replace('_', '-')}, or write openai:MODEL for a server that speaks OpenAI's API."
        )


def package_of(provider: str) -> str:
    """The package that LangChain takes it from; it reads `google-genai` as `google_genai`."""
    known = provider.replace("-", "_").lower()
    return _PACKAGES.get(known, f"langchain_{known}")


def chat_model(place: Endpoint, http: "httpx2.AsyncClient", *, max_output_tokens: int) -> "BaseChatModel":
    """LangChain's client for it. Its own retries and time-outs are off: `line` has one policy for all providers."""
    from langchain.chat_models import init_chat_model

    own: dict[str, Any] = {"max_tokens": max_output_tokens}
    if place.provider == "openai":
        own = {
            "max_completion_tokens": max_output_tokens,
            "stream_usage": True,
            "stream_chunk_timeout": 0,
            "http_async_client": http,
            # Compatible servers speak Chat Completions; the provider itself may want Responses for some models.
            "use_responses_api": False if place.base_url else None,
        }
    model: BaseChatModel = init_chat_model(
        place.model, model_provider=place.provider, max_retries=0, **own, **_access(place)
    )
    return model


def embedding_model(place: Endpoint, http: "httpx2.AsyncClient") -> "Embeddings":
    """LangChain's client for a model that makes vectors."""
    from langchain.embeddings import init_embeddings

    own: dict[str, Any] = {}
    if place.provider == "openai":
        # The check of lengths would download a tokeniser's tables, and send tokens that only OpenAI understands.
        own = {"max_retries": 0, "check_embedding_ctx_length": False, "http_async_client": http}
    return init_embeddings(place.model, provider=place.provider, **own, **_access(place))


def _access(place: Endpoint) -> dict[str, Any]:
    """Base URL and key. A place of its own without a key gets a word that is none, never the general key."""
    given: dict[str, Any] = {"base_url": place.base_url} if place.base_url else {}
    if place.api_key is not None:
        return {**given, "api_key": place.api_key.get_secret_value()}
    return {**given, "api_key": "none"} if place.base_url else given
