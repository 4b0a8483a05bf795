"""What somebody decides in one place is what every other place shows."""

from pathlib import Path

from tests.integration.agent.entrypoints.slack.everywhere import PLACES, everywhere, lags


async def test_a_decision_is_the_same_everywhere(tmp_path: Path) -> None:
    async with everywhere(tmp_path) as (here, person):
        shown = {place: set(await lags(here, person, place, f"inc-{place}")) for place in PLACES}
    assert shown == {place: set(PLACES) for place in PLACES}
