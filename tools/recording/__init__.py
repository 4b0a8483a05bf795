"""Answers from recorded telemetry: the same questions as production, no server."""
