"""Chat, tickets, mail and pages that speak of passwords, tokens and keys without telling one."""

TALK: dict[str, tuple[str, ...]] = {
    "chat": (
        (
            "<person>: <service> is throwing 401s since <clock>, trace <trace>\n"
            "<person2>: looks like the token expired, checking\n"
            "<person>: password is wrong in the new secret, see <ticket>\n<person2>: rolled back to <short>"
        ),
        "<person>: who can reset the password for <person2>?\n<person3>: I can, give me a minute",
        (
            "<person>: do not paste the api key here, put it into the vault please\n"
            "<person2>: done, id of the entry is <uuid>"
        ),
        (
            "<person>: the secret is missing in <space>, so <pod> cannot start\n"
            "<person2>: the key was never synced, see <ticket>"
        ),
    ),
    "ticket": (
        (
            "h3. Impact\n<count> customers could not log in because password resets failed.\nh3. Cause\n"
            "The token signing key was rotated without a restart of <service>.\n"
            "h3. Evidence\ntrace <trace>, pod <pod>, revision <sha>"
        ),
        (
            "*Steps to reproduce*\n# log in as <person>@example.com\n# enter a wrong password three times\n"
            "# response has request id <uuid>"
        ),
    ),
    "postmortem": (
        (
            "At <clock> the certificate of <host> expired (serial <sha>). The secret <service>-tls was "
            "renewed at <clock2>; error rate fell to <share>%."
        ),
        (
            "Root cause: the password of the <service> database user was rotated at <clock>, the pods kept "
            "the old one until restarted (<short>)."
        ),
    ),
    "runbook": (
        (
            "1. Get the token from the vault (never paste it here).\n2. Run `kubectl -n <space> get pods`.\n"
            "3. If the password was rotated, restart <service>.\n"
            "4. Compare the image digest with <digest>."
        ),
        (
            "If `auth_failures_total` rises, check that the secret is mounted and that the key id in the "
            "header (`kid`) is one of those at /.well-known/jwks.json."
        ),
    ),
    "pagerduty": (
        (
            "Incident #<count> <ulid> triggered: <service> 5xx, assigned to <person>, escalation policy "
            "P<resource>, dedup <trace>"
        ),
        (
            "https://shop.pagerduty.com/incidents/Q<ulid>\nService: <service>\nUrgency: high\n"
            "Acknowledged by <person> at <clock>"
        ),
    ),
    "ids_in_prose": (
        "<person>: compare request <uuid> with <uuid2>, same user <ulid>, different revision (<short> vs <short2>)",
        "The failing task is <trace> on <node>; its image is <digest> and its container <hash>.",
    ),
    "mail": (
        (
            "Hi <person>,\n\nyour password for <host> will expire on <day>. You can change it at "
            "https://sso.internal/password.\nReference: <uuid>\n"
        ),
    ),
    "sentences_with_words": (
        (
            "The password is too short.\nThe token is invalid or has expired.\nThe secret is not mounted.\n"
            "The key is already in use."
        ),
        "password: required\ntoken: missing\nsecret: not found\napi key: invalid",
        (
            "<person>: password was reset by <person2> at <clock>, new one is in the vault\n"
            "<person2>: token works again, thanks"
        ),
        "error: password is incorrect; error: token is malformed; error: signature verification failed for kid <span>",
    ),
    "other_languages": (
        "<person>: Das Passwort für <host> ist abgelaufen, bitte im Portal ändern (<ticket>).",
        "<person>: le mot de passe de <service> est expiré, voir <ticket>, trace <trace>",
    ),
}
