"""Where in a text is a secret?  `finding` asks every way of telling one, and lays what they found together."""
