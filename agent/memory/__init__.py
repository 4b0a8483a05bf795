"""Past incidents, recalled behind gates: what was learned, found again by meaning, and never trusted blindly."""
