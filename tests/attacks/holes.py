"""Controls that are taken out by handing the composition root another part of the record, as a fake is."""

from collections.abc import Callable
from dataclasses import replace

from agent.bootstrap.record import Record
from agent.service.approvers import Approvers
from agent.storage.effects import SqlLedger

Hole = Callable[[Record], Record]
"""Given the record as it was opened, one whose controls are fewer."""


class _Credulous(Approvers):
    """Takes everybody's word: no scope, kind or part in the incident is asked for."""

    def objection(self, *_: object) -> str:
        return ""


def credulous(opened: Record) -> Record:
    clock = opened.chain.clock
    approvers = _Credulous({}, clock)
    return replace(
        opened, approvers=approvers, ledger=SqlLedger(opened.database, opened.chain, clock, may=approvers.still)
    )
