"""Who is calling, and what may they do?  Keys, scopes, sessions, and the root secret they are all derived from."""
