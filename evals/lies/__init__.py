"""Does the check of claims keep what is true and drop what is not?  Made without reading the check.

True claims come from the telemetry of real cases, said in the ways a model says them; lies are the same claims with one
thing changed, each proved false against the raw telemetry before it counts.
"""
