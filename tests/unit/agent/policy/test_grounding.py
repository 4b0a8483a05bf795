"""True sentences stay and invented ones go: a small incident, told rightly and wrongly."""

from datetime import UTC, datetime

import pytest

from agent.domain.evidence import Evidence, EvidenceKind
from agent.domain.hypothesis import Claim, Diagnosis, Fault, Hypothesis, Impact, Suspect, Verdict
from agent.policy.grounding import Dropped, ground

ONSET = datetime(2026, 11, 1, 12, 3, 10, tzinfo=UTC)
START, END = datetime(2026, 11, 1, 11, 0, tzinfo=UTC), datetime(2026, 11, 1, 12, 10, tzinfo=UTC)
ENTITIES = ["checkout", "cart", "payment", "db-primary", "db-replica", "frontend", "cart-7f9c8d6b5-x27ab", "node-3"]


def evidence(id_: str, kind: EvidenceKind, entity: str, summary: str, content: object, **more: object) -> Evidence:
    return Evidence.model_validate(
        {"id": id_, "kind": kind, "source": "test", "query": "q", "entity": entity, "summary": summary}
        | {"content": content, "starts_at": START, "ends_at": END}
        | more
    )


EVIDENCE = [
    evidence(
        "e1",
        EvidenceKind.METRIC,
        "cart",
        "http_errors_ratio of cart went from 0.012 to 0.347 (24.8 robust deviations).",
        {
            "series": 'http_errors_ratio{service="cart",code="503"}',
            "before": 0.01234,
            "after": 0.34671,
            "deviations": 24.8,
            "not_shared": 31.0,
            "points": [[1793534400 + 30 * n, 0.01 + 0.001 * n] for n in range(60)],
        },
        query='sum by (service) (rate(http_errors_total{service="cart"}[5m]))',
    ),
    evidence(
        "e2",
        EvidenceKind.LOG,
        "cart",
        "cart logged 214 lines of one kind since the onset (never before).",
        {
            "template": "connection pool exhausted after <num> ms: db-primary:5432",
            "count": 214,
            "first": "2026-11-01T12:03:12+00:00",
            "example": "ERROR connection pool exhausted after 5000 ms: db-primary:5432 (pool-2)",
            "services": {"cart": 200, "checkout": 14},
        },
        trust="user-controlled",
    ),
    evidence(
        "e3",
        EvidenceKind.CHANGE,
        "cart",
        "deploy of cart at 11:58:30 UTC: “v2.14.0: halve the pool”.",
        {"at": "2026-11-01T11:58:30+00:00", "kind": "deploy", "summary": "v2.14.0: halve the pool", "author": "ci"},
    ),
    evidence(
        "e4",
        EvidenceKind.METRIC,
        "",
        "4 series at 2026-11-01 12:10:00Z (7 min after the alert).",
        [
            {"series": 'latency_p99_seconds{service="checkout"}', "value": 2.4312},
            {"series": 'latency_p99_seconds{service="cart"}', "value": 3.1178},
            {"series": 'latency_p99_seconds{service="payment"}', "value": 0.0821},
            {"series": 'memory_bytes{service="payment"}', "value": 536870912},
        ],
    ),
    evidence("e5", EvidenceKind.TOPOLOGY, "", "checkout calls cart and payment.", {"edges": [["checkout", "cart"]]}),
    evidence(
        "e6",
        EvidenceKind.METRIC,
        "cart",
        "latency of cart went from 0.05 to 0.35 (120 robust deviations).",
        {
            "before": 0.05,
            "after": 0.35,
            "deviations": 120,
            "share_of_symptom": 0.87,
            "samples": [
                [1793534400, 0.041],
                [1793534400 + 60, 0.077],
                [1793534400 + 120, 0.353],
                [1793534400 + 180, 0.35],
            ],
            "attribution": "87% of the extra latency of checkout begins in cart, not in what it calls",
        },
        query='latency_p99_seconds{service="cart"}',
    ),
    evidence(
        "e7",
        EvidenceKind.PLATFORM,
        "",
        "payment restarted 2 times.\npayment was restarted at 12:01:02.\ncart was restarted at 12:05:44.",
        None,
    ),
    evidence(
        "e8",
        EvidenceKind.METRIC,
        "frontend",
        "requests of frontend went from 318 to 70.4 (8.1 robust deviations).",
        {"before": 318.2, "after": 70.41, "deviations": 8.1},
    ),
    evidence(
        "e11",
        EvidenceKind.LOG,
        "cart",
        "cart logged 57 lines of one kind: “no answer from payment”.",
        {"count": 57, "example": "no answer from payment"},
    ),
    evidence(
        "e10",
        EvidenceKind.METRIC,
        "cart",
        "failing share of cart went from 0 to 0.31 (40 robust deviations).",
        {"before": 0.0, "after": 0.31, "deviations": 40.0, "symptom_of": "checkout"},
    ),
    evidence(
        "e12",
        EvidenceKind.CHANGE,
        "payment",
        "config of payment at 12:02:24 UTC: “longer time-outs”.",
        {"at": "2026-11-01T12:02:24+00:00", "kind": "config", "summary": "longer time-outs", "author": "ci"},
    ),
]  # fmt: skip

TRUE = [
    ("The error ratio of cart rose from 0.012 to 0.347.", ["e1"]),
    ("Errors of cart rose from 1.2% to 34.7%, 28 times as many.", ["e1"]),
    ("cart fails about 35% of its requests with code 503.", ["e1"]),
    ("http_errors_ratio of `cart` went from 0.0123 to 0.3467 (24.8 robust deviations)", ["e1"]),
    ("Errors of cart rose by 33.4 percent points, to 34.7 percent.", ["e1"]),
    ("cart logged 214 lines of \"connection pool exhausted\" since 12:03:12.", ["e2"]),
    ("cart logs “connection pool exhausted after 5000 ms: db-primary:5432”, first at 12:03 UTC.", ["e2"]),
    ("cart cannot get a connection to db-primary: `Connection Pool  exhausted … db-primary`.", ["e2"]),
    ("The pool of cart was halved by v2.14.0, deployed at 11:58:30, 5 min before the onset.", ["e3"]),
    ("cart was deployed at 2026-11-01T11:58:30Z, before the onset.", ["e3"]),
    ("p99 latency: checkout 2.43 s, cart 3.1178 s; payment is healthy at 82 ms.", ["e4"]),
    ("payment uses 512 MiB of memory.", ["e4"]),
    ("checkout depends on cart (e5), which fails since 12:03:10.", ["e5", "e1"]),
    ("Between 11:00 and 12:10 cart was looked at.", ["e1"]),
    ("The symptom began at 12:03:10 on cart.", ["e1"]),
    ("87% of the extra latency of checkout begins in cart, not in what it calls.", ["e6"]),
    ("The latency of cart rose from 50 ms to 350 ms (120 robust deviations).", ["e6"]),
    ("The latency of cart is 7 times what it was.", ["e6"]),
    ("payment was the first to be restarted.", ["e7"]),
    ("payment was restarted before cart.", ["e7"]),
    ("checkout depends on cart.", ["e5"]),
    ("cart rose to ３４.７%.", ["e1"]),
    ("At 12:01:00 the latency of cart was 77 ms.", ["e6"]),
    ("cart logged “connection pool exhausted” 214 times since the onset.", ["e2"]),
    ("payment uses 536900000 bytes of memory.", ["e4"]),
    ("The memory of payment is at 540 MB.", ["e4"]),
    ("The requests of frontend fell to 70, from 320 before.", ["e8"]),
    ("cart logged 57 lines such as “no answer from payment”.", ["e11"]),
    ("The failing share of cart is 31%.", ["e10"]),
    ("payment was reconfigured shortly before the onset.", ["e12"]),
    ("The requests of frontend fell from 320 to 70.", ["e8"]),
]  # fmt: skip

FALSE = [
    ("another service", "The error ratio of payment rose from 0.012 to 0.347.", ["e1"]),
    ("a service nobody has seen", "The error ratio of `billing` rose from 0.012 to 0.347.", ["e1"]),
    ("a service nobody has seen, unquoted", "cart fails because billing-api:8443 is down.", ["e1"]),
    ("another service's value", "p99 latency of checkout is 3.12 s.", ["e4"]),
    ("a pod nobody has seen", "The pod cart-7f9c8d6b5-zzzzz of cart logged 214 lines.", ["e2"]),
    ("another number", "The error ratio of cart rose from 0.012 to 0.437.", ["e1"]),
    ("another percentage", "cart fails 53% of its requests.", ["e1"]),
    ("deviations for a percentage", "cart fails 31% of its requests.", ["e1"]),
    ("another factor", "Errors of cart rose from 1.2% to 34.7%, 12 times as many.", ["e1"]),
    ("a point of a long series", "The error ratio of cart was 0.043.", ["e1"]),
    ("the numbers swapped", "The error ratio of cart went from 0.347 to 0.012.", ["e1"]),
    ("the direction turned", "The error ratio of cart fell from 0.012 to 0.347.", ["e1"]),
    ("another unit", "p99 latency of cart is 3.12 ms.", ["e4"]),
    ("another status", "cart fails about 35% of its requests with code 500.", ["e1"]),
    ("another count", "cart logged 241 lines of one kind.", ["e2"]),
    ("a quotation not in the log", "cart logs “connection refused”.", ["e2"]),
    ("a quotation with a word changed", "cart logs “connection pool drained after 5000 ms”.", ["e2"]),
    ("a quotation in single quotes", "cart logs 'too many open files'.", ["e2"]),
    ("a time before the onset", "cart has failed since 11:43:10.", ["e1"]),
    ("another time", "cart was deployed at 11:48:30.", ["e3"]),
    ("another day", "cart was deployed at 2026-10-31T11:58:30Z.", ["e3"]),
    ("one end of what was looked at, as an event", "cart began to fail at 11:00.", ["e1"]),
    ("before and after confused", "cart was deployed at 11:58:30, after the onset.", ["e3"]),
    ("just before, told as after", "payment was reconfigured shortly after the onset.", ["e12"]),
    ("another distance", "cart was deployed 9 min before the onset.", ["e3"]),
    ("another version", "cart was deployed with v2.15.0.", ["e3"]),
    ("another metric", "cart_pool_size of cart went from 0.012 to 0.347.", ["e1"]),
    ("other evidence", "cart logged 214 lines of one kind.", ["e1"]),
    ("no evidence", "cart logged 214 lines of one kind.", []),
    ("evidence that does not exist", "cart logged 214 lines of one kind.", ["e9"]),
    ("nothing that can be looked up", "Everything went wrong at once.", ["e1"]),
    ("a name in other letters", "\u0441art logged 214 lines.", ["e2"]),
    ("a name all in other letters", "\u0441\u0430\u0433\u0442 logged 214 lines.", ["e2"]),
    (
        "both names there, exchanged",
        "87% of the extra latency of cart begins in checkout, not in what it calls.",
        ["e6"],
    ),
    ("a denial left out", "87% of the extra latency of checkout begins in cart, in what it calls.", ["e6"]),
    ("a denial put in", "cart did not log 214 lines of one kind since the onset, never before.", ["e2"]),
    ("a number of another place", "latency of cart went from 0.05 to 0.35 (87 robust deviations).", ["e6"]),
    ("seconds for milliseconds", "The latency of cart is 350 s.", ["e6"]),
    ("milliseconds for seconds", "The latency of cart is 0.35 ms.", ["e6"]),
    ("percent for a count", "cart logged 214% more lines.", ["e2"]),
    ("a rise called a fall", "The latency of cart fell to 0.35.", ["e6"]),
    ("a rise called nothing", "The latency of cart did not change, it is 0.05.", ["e6"]),
    ("another was first", "cart was the first to be restarted.", ["e7"]),
    ("another order", "cart was restarted before payment.", ["e7"]),
    ("an order nobody knows", "checkout failed before cart.", ["e5", "e7"]),
    ("the caller and the called exchanged", "cart depends on checkout.", ["e5"]),
    ("the onset, of something else", "cart was deployed at 12:03:10.", ["e3"]),
    ("just after what was just before", "cart was deployed 5 min after the onset.", ["e3"]),
    ("a point of a series at another time", "At 12:02:00 the latency of cart was 77 ms.", ["e6"]),
    ("a point of a series at no time", "The latency of cart was 77 ms.", ["e6"]),
    ("a time with a colon behind it", "deploy of cart at 11:28:30: “v2.14.0: halve the pool”.", ["e3"]),
    ("no change where there was one", "There was no deploy of cart.", ["e3"]),
    ("no line where there was one", "cart never logged “connection pool exhausted”.", ["e2"]),
    ("no rise where there was one", "There was no rise in the latency of cart.", ["e6"]),
    ("usual what was not", "The latency of cart stayed in its usual range.", ["e6"]),
    ("a factor that is a value", "The latency of cart grew 87-fold.", ["e6"]),
    ("a growth called shrinking", "The latency of cart shrank 7-fold.", ["e6"]),
    ("rounded too far", "The latency of cart is 0.4 s, 9 times what it was.", ["e6"]),
    ("seven tenths of it", "payment uses 380 MB of memory.", ["e4"]),
    ("from and to exchanged", "The requests of frontend fell to 320, from 70 before.", ["e8"]),
    ("told backwards, another way", "The requests of frontend rose to 70, from 320 before.", ["e8"]),
    ("rounded further than it is written", "The requests of frontend fell to 70, from 330 before.", ["e8"]),
    ("rounded to one digit", "The requests of frontend fell to 70, from 300 before.", ["e8"]),
    ("a count, rounded", "cart logged 210 lines of one kind.", ["e2"]),
    ("another's lines, who is named in them", "payment logged 57 lines of one kind.", ["e11"]),
    ("a value of whose symptom it is", "The failing share of checkout is 31%.", ["e10"]),
    ("healthy what is not", "cart is healthy.", ["e6"]),
    ("not affected what is", "cart was not affected.", ["e6"]),
    ("another time in the same words", "deploy of cart at 11:57:30 UTC: “v2.14.0: halve the pool”.", ["e3"]),
    ("another count of the same thing", "payment restarted 87 times, cart logged 5 lines.", ["e7", "e2", "e6"]),
]


def told(*claims: Claim, **more: object) -> Diagnosis:
    return Diagnosis.model_validate(
        {
            "verdict": Verdict.CAUSE,
            "analysed_by": "model",
            "component": "cart",
            "fault": Fault.RESOURCE_POOL,
            "summary": "",
            "claims": claims,
            "confidence": 0.8,
        }
        | more
    )


def checked(text: str, cited: list[str]) -> tuple[tuple[Claim, ...], tuple[Dropped, ...]]:
    grounded = ground(told(Claim(text=text, evidence=tuple(cited))), EVIDENCE, entities=ENTITIES, onset=ONSET)
    return grounded.diagnosis.claims, grounded.dropped


@pytest.mark.parametrize(("text", "cited"), TRUE, ids=[text for text, _ in TRUE])
def test_what_the_evidence_bears_out_stays(text: str, cited: list[str]) -> None:
    assert checked(text, cited) == ((Claim(text=text, evidence=tuple(cited)),), ())


@pytest.mark.parametrize(
    ("text", "cited"), [(text, cited) for _, text, cited in FALSE], ids=[name for name, *_ in FALSE]
)
def test_what_is_invented_goes_with_a_reason(text: str, cited: list[str]) -> None:
    kept, dropped = checked(text, cited)
    assert kept == ()
    assert (len(dropped), dropped[0].text) == (1, text)
    assert dropped[0].reason


@pytest.mark.parametrize(
    ("text", "cited", "reason"),
    [
        ("payment logged 214 lines.", ["e2"], "payment is not in the evidence it cites"),
        ("cart logged 241 lines.", ["e2"], "241 is not in the evidence it cites"),
        ("cart logs “oom”.", ["e2"], "“oom” is not in the evidence it cites"),
        ("cart: 11:48:30.", ["e3"], "11:48:30 is not in the evidence it cites"),
        ("cart went from 0.347 to 0.012.", ["e1"], "from 0.347 to 0.012 is not in the evidence it cites"),
        ("cart, deployed at 11:58:30 after the onset.", ["e3"], "what it speaks of is not after the onset"),
        ("cart logged 214 lines.", ["e2", "e9"], "it cites e9, which is no evidence"),
    ],
)
def test_the_reason_is_a_sentence_a_person_can_check(text: str, cited: list[str], reason: str) -> None:
    assert checked(text, cited)[1] == (Dropped(text=text, reason=reason),)


def test_a_diagnosis_keeps_what_holds_and_counts_what_fell() -> None:
    good = Claim(text="The error ratio of cart rose from 0.012 to 0.347.", evidence=("e1",))
    bad = Claim(text="cart logs “disk full”.", evidence=("e2",))
    grounded = ground(
        told(
            good,
            bad,
            summary="cart fails 34.7% of its requests. The disk of node-3 is full. It began at 12:03:10 UTC with cart.",
            mechanism="cart runs out of memory at 97%.",
            ruled_out=("payment is healthy at 82 ms.", "billing-api was looked at: 12 errors."),
            impact=Impact(affected=("checkout", "billing-api"), healthy=("payment",)),
            suspects=(Suspect(component="cart", score=0.9, why="w", evidence=("e1", "e77")),),
            hypotheses=(
                Hypothesis(claim="pool", component="cart", status="supported", evidence_for=("e1",)),
                Hypothesis(claim="disk", component="node-3", status="supported", evidence_for=("e88",)),
            ),
        ),
        EVIDENCE,
        entities=ENTITIES,
        onset=ONSET,
    )
    said = grounded.diagnosis
    assert said.claims == (good,)
    assert said.summary == "cart fails 34.7% of its requests. It began at 12:03:10 UTC with cart."
    assert said.mechanism == ""
    assert said.ruled_out == ("payment is healthy at 82 ms.",)
    assert said.impact == Impact(affected=("checkout",), healthy=("payment",))
    assert said.suspects[0].evidence == ("e1",)
    assert [(one.status, one.evidence_for) for one in said.hypotheses] == [("supported", ("e1",)), ("open", ())]
    assert [one.text for one in grounded.dropped] == [
        "cart logs “disk full”.",
        "The disk of node-3 is full.",
        "cart runs out of memory at 97%.",
        "billing-api was looked at: 12 errors.",
    ]
    assert (said.verdict, said.component, said.claims_dropped) == (Verdict.CAUSE, "cart", 4)
    assert said.confidence == pytest.approx(0.8 / 5)


def test_a_cause_whose_claims_all_fell_is_inconclusive() -> None:
    grounded = ground(told(Claim(text="cart logs “disk full”.", evidence=("e2",))), EVIDENCE, entities=ENTITIES)
    said = grounded.diagnosis
    assert (said.verdict, said.component, said.fault, said.confidence) == (Verdict.INCONCLUSIVE, "", Fault.UNKNOWN, 0.0)
    assert said.summary == "Nothing that can be shown was found."


@pytest.mark.parametrize("component", ["billing-api", "node-3", ""])
def test_a_cause_none_of_the_claims_speaks_of_is_inconclusive(component: str) -> None:
    claim = Claim(text="The error ratio of cart rose from 0.012 to 0.347.", evidence=("e1",))
    said = ground(told(claim, component=component), EVIDENCE, entities=ENTITIES, onset=ONSET).diagnosis
    assert (said.verdict, said.component, said.claims) == (Verdict.INCONCLUSIVE, "", (claim,))


def test_a_claim_with_nothing_to_look_up_but_a_name_stays_and_carries_nothing() -> None:
    vague = Claim(text="cart depends on other things and cart is the cause.", evidence=("e1",))
    alone = ground(told(vague), EVIDENCE, entities=ENTITIES, onset=ONSET).diagnosis
    assert (alone.verdict, alone.component, alone.claims, alone.confidence) == (Verdict.INCONCLUSIVE, "", (vague,), 0.0)

    bad = Claim(text="cart logs “disk full”.", evidence=("e2",))
    good = Claim(text="The error ratio of cart rose from 0.012 to 0.347.", evidence=("e1",))
    padded = ground(told(good, bad, *[vague] * 6), EVIDENCE, entities=ENTITIES, onset=ONSET).diagnosis
    assert padded.confidence == pytest.approx(0.8 / 2)


def test_healthy_stays_healthy_without_a_component() -> None:
    claim = Claim(text="payment is healthy at 82 ms.", evidence=("e4",))
    given = told(claim, verdict=Verdict.HEALTHY, component="payment", fault=Fault.NONE)
    said = ground(given, EVIDENCE, entities=ENTITIES, onset=ONSET).diagnosis
    assert (said.verdict, said.component, said.confidence) == (Verdict.HEALTHY, "", 0.8)
