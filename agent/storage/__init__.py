"""The record: every row that must survive, and the only place that speaks SQL."""
