"""What does a collector get? An OTLP/HTTP receiver that keeps every span it is sent."""

import gzip
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from tests.farends.answers import Answer
from tests.farends.loopback import Asked, FarEnd


@dataclass(frozen=True)
class Received:
    """One span as it arrived."""

    name: str
    id: str
    parent: str
    attributes: dict[str, Any]
    service: str
    failed: bool


class Collector(FarEnd):
    """`POST /v1/traces` takes protobuf, as the specification has it."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: list[Received] = []
        self.raw = b""

    def answer(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) != ("POST", "/v1/traces"):
            return Answer(404, {"error": "There is nothing here."})
        body = gzip.decompress(asked.body) if asked.headers.get("content-encoding") == "gzip" else asked.body
        self.raw += body
        for one in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _attributes(one.resource.attributes).get("service.name", "")
            for scope in one.scope_spans:
                self.spans += [
                    Received(
                        name=span.name,
                        id=span.span_id.hex(),
                        parent=span.parent_span_id.hex(),
                        attributes=_attributes(span.attributes),
                        service=service,
                        failed=span.status.code == 2,
                    )
                    for span in scope.spans
                ]
        return Answer(200, {})

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans if span.name == name]


def _attributes(given: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in given}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return [_value(one) for one in value.array_value.values] if kind == "array_value" else getattr(value, str(kind))
