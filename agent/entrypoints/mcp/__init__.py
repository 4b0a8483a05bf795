"""Assistants that speak the Model Context Protocol: the same use cases, the same key, the same rules."""
