"""The nouns: frozen values that every other package speaks in, and that import nothing."""
