"""The hub at work by itself: its verifying process ends with a campaign, and the next one begins where the chain is."""

from pathlib import Path

import anyio
import anyio.from_thread
from pool_campaigns import Founder, key

from overnight.pool.evidence import Wear, check_receipts


def test_the_next_holdout_serves_while_the_hub_runs(tmp_path: Path) -> None:
    """What waits is verified by the next campaign, in a process of its own; nobody has to do anything."""
    founder = Founder(tmp_path / "r", wear=Wear(blocks=1, questions=100))
    founder.submit(key(1), founder.train(("X = 1.0", "X = 2.0")))
    founder.submit(key(2), founder.train(("Y = 1.0", "Y = 2.0")))

    async def until_both() -> None:
        second = anyio.Event()

        def say(text: str) -> None:
            founder.said.append(text)
            if text.startswith("block 2"):
                anyio.from_thread.run_sync(second.set)

        founder.runner.say = say
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(founder.runner.run)
            await second.wait()
            tasks.cancel_scope.cancel()

    anyio.run(until_both)
    assert {each.submitter for each in founder.blocks()} == {key(1).public, key(2).public}  # both were under way at once
    assert [(each.split, each.campaign) for each in founder.blocks()] == [(0, 1), (1, 2)]
    assert all(each.holds for each in check_receipts(founder.chain()))
