"""The one place where ports meet adapters."""

from agent.bootstrap.application import Application, Replaced, bootstrap

__all__ = ["Application", "Replaced", "bootstrap"]
