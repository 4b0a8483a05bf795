"""Do two people who click at once get one decision?  `python -m tests.integration.agent.entrypoints.slack.at_once 1000`

Each trial is a question of its own, clicked by two people at the same moment.
"""

import asyncio
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration.agent.entrypoints.slack.office import By, Office, office

Outcome = tuple[int, int]
"""(decisions in the journal, people who were told that somebody else was first)."""
ONE: Outcome = (1, 1)


async def trials(here: Office, number: int) -> list[Outcome]:
    """Their outcomes, one after the other."""
    await here.incident()
    await here.dispatch()
    return [await _trial(here, f"inc-at-once-{one}") for one in range(number)]


async def _trial(here: Office, incident: str) -> Outcome:
    await here.incident(incident)
    id_ = (await here.ask(incident)).id
    told_before = len(here.slack.whispers)
    clicks = [here.click("approve", user, id_) for user in ("U0ANN", "U0BERT")]
    assert [answer.status_code for answer in await asyncio.gather(*clicks)] == [200, 200]
    late = (await here.whispered(told_before + 1))[told_before:]
    decided = await here.approval(id_)
    assert decided.status == "approved"
    return len(decided.votes), len([told for told in late if "already approved by" in told])


async def _main(number: int, by: By) -> int:
    with TemporaryDirectory() as folder:
        async with office(Path(folder), by=by) as here:
            outcomes = Counter(await trials(here, number))
    print(
        f"{by}: {number} trials, {outcomes[ONE]} with one decision; others: {dict(outcomes - Counter({ONE: number}))}"
    )
    return 0 if outcomes[ONE] == number else 1


if __name__ == "__main__":
    sys.exit(max(asyncio.run(_main(int(sys.argv[1]), by)) for by in ("http", "socket")))
