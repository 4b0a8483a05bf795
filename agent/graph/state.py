"""What does a run know so far? JSON only; each field has one writer, named beside it."""

from typing import Any, Literal, TypedDict

Json = dict[str, Any]
"""A frozen model of `agent.domain`, dumped; nodes rebuild it."""


class Answer(TypedDict):
    """What came back from the human, as the approval's row has it."""

    status: str
    by: str
    via: str
    comment: str


class Start(TypedDict):
    """What a run begins with."""

    purpose: Literal["investigate", "learn"]
    incident: str
    run: str


class Found(TypedDict, total=False):
    """What nodes add to it."""

    symptom: str  # triage
    recalled: list[Json]  # recall: ports.Recalled
    findings: Json  # survey: Diagnosis by the analysis alone
    onset: str  # survey: when the trouble began, as the analysis tells; alerts fire late
    entities: list[str]  # survey: every component a tool has returned
    not_checked: list[str]  # survey: what could not be looked at, and why
    precedent: Json | None  # recheck: ports.Recalled, the past incident that this one is again
    inquiry: Json  # investigate: what the model found out
    diagnosis: Json  # diagnose: Diagnosis
    usage: Json  # diagnose: Usage
    proposal: Json | None  # plan: Proposal
    judgement: Json | None  # plan: Judgement
    approval: str | None  # plan: the approval's id when a human is asked
    decision: Answer  # approve
    effect: Json  # remediate: Effect
    refused: str  # remediate: why the action was not run after all
    verification: Json  # verify: Verification


class State(Start, Found):
    """Start, and what the nodes so far have found."""
