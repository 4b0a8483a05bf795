"""Alerts become incidents, each with the reason: one question a stage, no I/O, the time and ids as arguments."""
