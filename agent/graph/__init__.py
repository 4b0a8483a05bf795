"""The way of an incident, as a state machine."""
