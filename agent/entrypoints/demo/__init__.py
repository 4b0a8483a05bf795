"""One recorded incident, replayed through the whole agent: a real alert, recorded telemetry, a real approval."""
