"""What the agent can look at, and what it can change.

    base           what is asked and what comes back; what each back end, tool and executor must answer
    clients        how each system is asked: one module for Prometheus, Loki, Jira, a cluster, ...
    observe        the tools that a model may call: reading alone
    act            the executors and the ways out: all that changes the world
    cluster        what is known of a Kubernetes cluster's state, whoever told it
    recording      recorded telemetry, answered as its back end would
    wrap           how a model may call a tool: checked, within a deadline, bounded
    promql         queries checked, and built from names that are only data
    quoting        any text as one value of a query
    log_lines      one line of a log file, taken apart
    log_levels     a log's words for how bad it is, as one of ours
    log_masks      what varies in a line of a log
    log_templates  the kinds of lines that a log holds
    invisible      characters that nobody sees
    wording        a text of somebody else's, or a name, in a line of ours

Nothing here knows the agent; `observe` and `act` do not know each other.
"""
