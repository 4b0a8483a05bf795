"""The shop: seven processes that call each other over TCP, a supervisor that keeps them, and traffic.

Faults are physical: a process is stopped, a connection is not given back, memory is kept, a lock is held. What lives
in a process dies with it, so a restart heals it; what lives in a version or a flag needs a rollback, or the flag.
"""
