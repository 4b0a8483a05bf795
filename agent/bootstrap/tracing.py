"""Where do spans go?  To the OTLP endpoint of the usual variables, from a thread of its own, in nobody's way.

What cannot be delivered is dropped: a collector that is slow or gone costs spans, not incidents.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any

from agent import tracing
from agent.llm.tracing import off_unless_asked
from agent.settings import Settings
from agent.telemetry import Log
from agent.tracing import Kind, Span, Value

log = Log(__name__)

LAST_WORDS = timedelta(seconds=3)
"""How long the end waits for spans to be delivered."""
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


@asynccontextmanager
async def open_tracing(settings: Settings) -> AsyncIterator[None]:
    """On when an OTLP endpoint is named. LangSmith is switched off unless it was asked for by its own variables."""
    off_unless_asked(os.environ)
    own = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
    if not (own or settings.otlp_endpoint) or os.environ.get("OTEL_SDK_DISABLED", "").casefold() == "true":
        yield
        return
    provider = await asyncio.to_thread(_provider, own, settings.otlp_endpoint.rstrip("/"))
    tracing.switch(_Collected(provider, contents=_contents()))
    try:
        yield
    finally:
        tracing.switch(None)
        await _end(provider)


class _Collected:
    """Spans of the SDK."""

    def __init__(self, provider: Any, *, contents: bool) -> None:
        self.contents = contents
        self._tracer = provider.get_tracer("incident-agent")

    @contextmanager
    def span(self, name: str, kind: Kind, attributes: Mapping[str, Value]) -> Iterator[Span]:
        from opentelemetry.trace import SpanKind

        of_kind = SpanKind.CLIENT if kind == "client" else SpanKind.INTERNAL
        # What an exception says may be anybody's text; its type is enough.
        with self._tracer.start_as_current_span(
            name, kind=of_kind, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as opened:
            span = _Opened(opened)
            try:
                yield span
            except BaseException as error:
                span.failed(type(error).__name__)
                raise


class _Opened:
    def __init__(self, span: Any) -> None:
        self._span = span

    def set(self, attributes: Mapping[str, Value]) -> None:
        self._span.set_attributes(attributes)

    def failed(self, kind: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)


def _provider(own: str, base: str) -> Any:
    """The SDK reads the rest of the OTEL_ variables itself: headers, time-outs, sampling, the service's name."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # It logs every attempt; what matters is said once, at the end.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    name = os.environ.get("OTEL_SERVICE_NAME", "incident-agent")
    provider = TracerProvider(resource=Resource.create({"service.name": name}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(_exporter(own, base)))
    return provider


def _exporter(own: str, base: str) -> Any:
    if next(filter(None, map(os.environ.get, _PROTOCOLS)), "") == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as OverGrpc

        return OverGrpc(endpoint=own or base)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=own or f"{base}/v1/traces")


def _contents() -> bool:
    return os.environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "").casefold() == "true"


async def _end(provider: Any) -> None:
    """Deliver what is left, for a moment; a thread that still tries then is left behind and holds nothing up."""
    last = Thread(target=provider.shutdown, name="last spans", daemon=True)
    last.start()
    await asyncio.to_thread(last.join, LAST_WORDS.total_seconds())
    if last.is_alive():
        log.warning("some spans were not delivered; is the collector up?")
