"""The map: everything in this folder, in the order an alert travels.

    entrypoints  the doors: webhooks, REST, Slack, dashboard, MCP, command line, worker; thin: parse, call, answer
    bootstrap    the one place where ports meet adapters
    service      the use cases every door calls
    views        the read side; changes nothing
    ingest       a sender's payload -> alerts
    correlate    alerts -> incidents, with the reason: silence, inhibit, dedup, group
    queue        where a job waits until a worker has done it
    graph        the investigation as a machine: triage, recall, survey, recheck, investigate, diagnose, plan,
                 approve, remediate, verify, report; and learn, after the incident is closed
    analysis     what the data says before any model is asked; pure
    policy       may this be done, shown, claimed? every decision with its reason; pure
    llm          models and embeddings behind one port
    memory       past incidents, recalled behind gates
    identity     who is calling, and what may they do
    catalogue    the actions people wrote down in runbooks/: the only ones there are
    storage      the record: alerts, incidents, approvals, effects, jobs, the journal
    notify       follows the journal and tells people, a channel for each way: nodes never do
    domain       the nouns; import nothing
    ports        every seam on one page
    soundness    do the settings fit together?
    settings     every knob of the environment
    config       what the YAML says that AGENT_CONFIG names
    telemetry    log lines and numbers for operators
    tracing      the steps of a run, for whoever collects traces
    testing      fakes that keep the ports' promises, for tests and replays
    __main__     `python -m agent`

Calls go down this list, never up; `docs/adr` says why it is cut this way. What is asked and done outside is in `tools`.
"""
