"""Faults around the agent: far ends, disks, clocks, storms. Each drill is a row of its own."""
