"""What the agent can look at (`observe`) and what it can change (`act`). Knows nothing of the agent."""
