"""Who is told what? Follows the journal; nodes never talk to people."""
