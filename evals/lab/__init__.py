"""The lab: a small real shop under real monitoring, with faults behind a switch.

Read in this order: `shop` (the shop and its supervisor), `monitoring` (Prometheus and Alertmanager), `live` (all of it
started and stopped together), `scenarios` (what can go wrong), `record` (one run becomes a case), `check` (is it one?).
Then `story`: one incident live, with an incident-agent of its own (`agent`), told and drawn by `transcript`.
"""
