"""A payload becomes alerts: one parser for each integration, each a `ports.Parser` that never raises."""
