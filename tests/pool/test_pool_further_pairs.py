"""Further pairs of a new block: a loss that its proof had not met takes it back."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import anyio
import pytest
from pool_campaigns import FILES, HUB_YAML, TRAIN, Founder, key
from pool_hubs import TestHub, claimed

from overnight.gate.scale import Scale
from overnight.git.port import FileChange
from overnight.operations.operation import Context
from overnight.pool.chain import Block, Withdrawal
from overnight.pool.events import BlockWithdrawn, FurtherJudged, FurtherPair
from overnight.pool.evidence import check_receipts
from overnight.pool.hub.further_pairs import Margin, is_enough, is_loss, judge
from overnight.pool.operations import hub_block, hub_log, hub_status
from overnight.pool.operations.hub_block import HubBlockInput
from overnight.pool.operations.hub_log import HubLogInput
from overnight.pool.operations.hub_status import HubStatusInput
from overnight.pool.record.further import further_of, next_further
from overnight.program.program import Direction, Metric

LESS, MORE = (Metric(name="loss", direction=each) for each in Direction)
PAIRS = 60
BLOCKS = 20  # of a world
GAIN, OFTEN = 3.0, 0.05  # sd; share of trials that lose


def test_a_mean_that_is_no_gain_is_a_loss() -> None:
    """In the metric's direction; for less code only a loss beyond the margin that it was kept with, on its scale."""
    assert not is_loss(LESS, [(5.0, 4.0), (5.0, 5.5)]) and is_loss(MORE, [(5.0, 4.0), (5.0, 5.5)])
    assert is_loss(LESS, [(5.0, 4.0), (5.0, 6.0)])  # nothing is no gain
    assert not is_loss(LESS, [])
    for margin in (Margin(scale=Scale.LINEAR, margin=0.5), Margin(scale=Scale.LOG, margin=0.1)):
        assert not is_loss(LESS, [(5.0, 5.4)], margin)
        assert is_loss(LESS, [(5.0, 5.6)], margin)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    """Its record, with blocks that get further pairs."""
    made = TestHub(tmp_path / "hub")
    made.open()
    text = made.files["train.py"]
    for number in range(BLOCKS):
        change = FileChange(path="train.py", content=text + b"# %d" % number)
        made.add(
            [change], submitter=key(number).public, submission=number + 1, claims=claimed([(5.0, 2.0)] * 12), further=PAIRS
        )
    try:
        yield made
    finally:
        made.record.store.close()


def standing(hub: TestHub, loss: float | None, seed: int) -> int:
    """How many blocks stay if each gains, and loses so much in one trial of twenty; None: never."""
    draw, record = Random(seed), hub.record
    while (found := next_further(record)) is not None:
        if is_enough(found):
            block = hub.chain.entries[found.block - 1]
            assert isinstance(block, Block)
            record.append(*judge(found, block, LESS))
            continue
        lost = loss is not None and draw.random() < OFTEN
        before, after = draw.gauss(50, 1), draw.gauss(50, 1) + (loss if lost and loss else -GAIN)
        record.append(FurtherPair(block=found.block, before=before, after=after, seconds=1.0))
    return BLOCKS - len(record.withdrawals())


def test_in_a_world_with_rare_losses_the_mean_takes_blocks_back(hub: TestHub) -> None:
    """A loss of 200 sd once in twenty shows in 60 pairs in 19 of 20 cases."""
    assert standing(hub, 200.0, seed=1) <= BLOCKS // 5
    events = [each.event for each in hub.record.history(most=10_000)]
    assert sum(isinstance(each, FurtherPair) for each in events) == PAIRS * BLOCKS
    for each in (each for each in events if isinstance(each, FurtherJudged)):
        assert each.gain is not None and (each.gain <= 0.0) == (each.block in hub.record.withdrawals())


def test_in_a_world_without_losses_every_block_stays(hub: TestHub) -> None:
    """Nothing that gains as it was proven to is taken back."""
    assert standing(hub, None, seed=2) == BLOCKS


# --- Over a real campaign, in the jail ---

MOOD = "mood.txt"  # readable data outside of the repository, by which the score says what a rare loss would
SCORE = (
    FILES["score.py"]
    .replace("print(", 'a, bad = ANSWERS[sys.argv[1]], open(sys.argv[2]).read() == "bad"\nprint(')
    .replace("+ 100.0", '+ 100.0 + 500.0 * (bad and d["x"] > 1.0)')
)
WANTED = 6


@pytest.fixture
def founder(tmp_path: Path) -> Founder:
    """Of a hub that has just added a block, on data by which it is good."""
    mood = tmp_path / MOOD
    mood.write_text("good")
    text = (
        FILES["program.md"]
        .replace("score.py public", f"score.py public {mood}")
        .replace("score.py first", f"score.py first {mood}")
    )
    files = {
        **FILES,
        "score.py": SCORE,
        "program.md": text.replace("limits:", f"readable: [{mood}]\nlimits:"),
        "train.py": TRAIN.replace("NOISE", "0.05"),
    }
    hub = HUB_YAML.replace("further_pairs: 0", f"further_pairs: {WANTED}")
    hub = hub.replace("holdouts: [python score.py second, python score.py third]\n", "")
    made = Founder(tmp_path / "r", files=files, hub=hub)
    made.submit(key(1), made.train(("X = 1.0", "X = 4.0")))
    made.judge()
    assert [each.number for each in made.blocks()] == [1]
    return made


def pairs_of(founder: Founder) -> list[tuple[float, float]]:
    with founder.record() as record:
        found = further_of(record, 1)
        assert found
        return [*found.pairs]


def test_a_block_that_loses_in_further_pairs_is_withdrawn(founder: Founder, tmp_path: Path) -> None:
    """Measured by a process of its own, counted as cost, shown everywhere; the chain says why, and others go on without it."""
    (tmp_path / MOOD).write_text("bad")
    where = Context(where=founder.repository.toplevel)
    with founder.record() as record:
        before_s = record.seconds()
    assert "block 1 is measured again before anything else: 0 of 6 further pairs" in hub_status.render(
        hub_status.run(where, HubStatusInput())
    )
    founder.measure_again()
    values = pairs_of(founder)
    assert len(values) == WANTED and all(after - before > 400.0 for before, after in values)
    founder.settle()
    withdrawn = founder.chain().entries[-1]
    assert isinstance(withdrawn, Withdrawal) and withdrawn.block == 1
    assert withdrawn.why.startswith("6 further pairs with fresh seeds gain -49")
    assert b"X = 1.0" in (founder.train()[0].content or b"")
    with founder.record() as record:
        assert (record.tag(), next_further(record)) == ("pool-2", None)
        assert record.seconds() > before_s
    assert all(each.holds for each in check_receipts(founder.chain()))
    shown = hub_block.run(where, HubBlockInput(number=1))
    assert shown.further and shown.further.pairs == WANTED and (shown.further.gain or 0.0) < -400.0
    assert "WITHDRAWN: 6 further pairs" in hub_block.render(shown)
    about = hub_log.render(hub_log.run(where, HubLogInput(most=40)))
    assert "a further pair of block 1" in about and "block 1 is withdrawn: 6 further pairs" in about
    assert "block 1 is measured again in 6 further pairs" in founder.said


def test_a_kill_between_further_pairs_loses_none(founder: Founder) -> None:
    """They go on where they were, with other seeds; a block that gains stays, and nothing is measured of it any more."""

    async def until_some() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(founder.runner.measure_further)
            while len(pairs_of(founder)) < 2:  # noqa: ASYNC110  # of another process
                await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()

    anyio.run(until_some)
    before = pairs_of(founder)
    assert 2 <= len(before) < WANTED
    founder.measure_again()
    founder.settle()
    values = pairs_of(founder)
    assert len(values) == WANTED and values[: len(before)] == before
    assert len({before for before, _ in values}) == WANTED
    with founder.record() as record:
        assert next_further(record) is None and not record.withdrawals()
    assert founder.said[-1].startswith("block 1 stays: 6 further pairs, a mean gain of +")


def test_a_block_that_was_taken_back_meanwhile_is_measured_no_further(founder: Founder) -> None:
    """Its founder had another reason."""
    with founder.record() as record:
        record.append(BlockWithdrawn(block=1, why="read the change"))
    founder.measure_again()
    assert not pairs_of(founder)
