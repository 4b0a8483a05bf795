"""What the agent can do: the only actions there are, read from `runbooks/*/action.yaml`."""
