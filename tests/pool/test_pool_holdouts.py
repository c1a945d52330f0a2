"""Holdouts that wear out, and one error rate for all campaigns of a chain: over real campaigns in the jail."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from math import fsum
from pathlib import Path

import pytest
from pool_campaigns import FILES, HUB_YAML, TRAIN, Founder, key

from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.pool.chain import Block, Chain, Withdrawal
from overnight.pool.events import BlockWithdrawn
from overnight.pool.evidence import Wear, check_receipts, rate_of
from overnight.pool.hub.opening import open_hub, require_committed
from overnight.pool.hub.settings import parse_hub_settings
from overnight.research.events import TrialFinished


def test_a_holdout_that_gave_its_blocks_is_followed_by_the_next(tmp_path: Path) -> None:
    """The next one answers from other data, in a campaign with a share of the error rate of its own; the chain names it."""
    founder = Founder(tmp_path / "r", wear=Wear(blocks=1, questions=100))
    for old, new in (("X = 1.0", "X = 2.0"), ("X = 2.0", "X = 3.0")):
        founder.submit(key(1), founder.train((old, new)))
        founder.judge()
    assert [(each.split, each.campaign, each.worn) for each in founder.blocks()] == [(0, 1, False), (1, 2, False)]
    refused = founder.submit(key(1), founder.train(("X = 3.0", "X = 4.0")))
    founder.judge()  # the third holdout disagrees
    with founder.record() as record:
        found, now = record.submission(refused), record.campaign()
        assert found and found.accepted is False
        assert (now.number, now.tag, now.split, now.blocks, now.questions) == (3, "pool-3", 2, 0, 1)
    rates = [founder_rate(founder, tag) for tag in ("pool", "pool-2", "pool-3")]
    assert rates == pytest.approx([0.1 / 2, 0.1 / 6, 0.1 / 12])
    assert all(each.holds for each in check_receipts(founder.chain()))
    verdicts = [each for each in founder.said if each.startswith("#")]
    assert ["): accepted after " in each for each in verdicts] == [True, True, False]
    assert "not accepted after" in verdicts[2]
    assert [each for each in founder.said if each not in verdicts] == [
        "block 1 was added to the chain",
        "holdout 1 gave 1 block, asked 1 time: holdout 2 serves now",
        "block 2 was added to the chain",
        "holdout 2 gave 1 block, asked 1 time: holdout 3 serves now",
    ]


def founder_rate(founder: Founder, tag: str) -> float:
    """The error rate that a campaign of the hub began with."""
    from overnight.research.record.restore import restore

    with closing(founder.ledger(tag)) as ledger:
        state = restore(ledger)
        assert state is not None
        return state.program.gate.error_rate


def test_questions_wear_a_holdout_out_whatever_the_answer(tmp_path: Path) -> None:
    """A change that the holdout refuses is a question as well; one that it is never asked about is none."""
    founder = Founder(tmp_path / "r", wear=Wear(blocks=100, questions=2))
    for old, new in (("X = 1.0", "X = 5.4"), ("X = 5.4", "X = 9.0")):
        founder.submit(key(1), founder.train((old, new)))
        founder.judge()
        with founder.record() as record:
            assert (record.campaign().split, record.campaign().questions) == (0, 1)
    founder.submit(key(1), founder.train(("X = 5.4", "X = 5.0")))  # better in public, worse by the first holdout
    founder.judge()
    with founder.record() as record:
        assert (record.campaign().split, record.campaign().questions) == (1, 0)
    assert len(founder.blocks()) == 1


def test_after_the_last_holdout_blocks_are_marked(tmp_path: Path) -> None:
    """By blocks and by questions; the campaign goes on."""
    hub = HUB_YAML.replace("holdouts: [python score.py second, python score.py third]\n", "")
    founder = Founder(tmp_path / "r", wear=Wear(blocks=1, questions=100), hub=hub)
    for old, new in (("X = 1.0", "X = 2.0"), ("X = 2.0", "X = 3.0")):
        founder.submit(key(1), founder.train((old, new)))
        founder.judge()
    founder.runner.wear = Wear(blocks=100, questions=2)
    founder.submit(key(1), founder.train(("X = 3.0", "X = 4.0")))
    founder.judge()
    founder.runner.wear = Wear(blocks=100, questions=4)
    founder.submit(key(1), founder.train(("X = 4.0", "X = 5.0")))
    founder.judge()
    assert [each.worn for each in founder.blocks()] == [False, True, True, False]
    assert {each.campaign for each in founder.blocks()} == {1}


def test_what_was_under_way_when_a_campaign_ended_is_verified_by_the_next(tmp_path: Path) -> None:
    """A withdrawal loses no submission, and the holdout's questions of both campaigns count."""
    founder = Founder(tmp_path / "r")
    founder.submit(key(1), founder.train(("X = 1.0", "X = 2.0")))
    founder.judge()
    second = founder.submit(key(2), founder.train(("Y = 1.0", "Y = 2.0")))
    founder.verify(until=lambda sign: isinstance(sign, TrialFinished))
    with founder.record() as record:
        record.append(BlockWithdrawn(block=1, why="a doubt"))
    founder.settle()
    with founder.record() as record:
        found = record.submission(second)
        assert found and (found.state, found.experiment) == ("queued", None)
        assert [each.submission for each in record.waiting()] == [second]
        assert (record.tag(), record.campaign().questions) == ("pool-2", 1)
    founder.judge()
    entries = founder.chain().entries
    assert [type(each) for each in entries] == [Block, Withdrawal, Block]
    last = entries[-1]
    assert isinstance(last, Block) and (last.submission, last.campaign, last.split) == (second, 2, 0)
    with founder.record() as record:
        assert record.campaign().questions == 2
        text = record.content(founder.chain().tree["train.py"].digest)
    assert text == TRAIN.replace("NOISE", "0.0").replace("Y = 1.0", "Y = 2.0").encode()
    assert all(each.holds for each in check_receipts(founder.chain()))


def test_holdouts_are_those_that_the_hub_opened_with(tmp_path: Path) -> None:
    """Their commands and hidden files are committed to by salted digests; another list is refused, with the fix."""
    founder = Founder(tmp_path / "r")
    digests = founder.chain().genesis.holdouts
    assert len({*digests}) == 3
    with founder.record() as record, closing(GitHistory(founder.repository)) as history:
        program = founder.runner.program
        require_committed(record, history, program, founder.settings)
        for changed in (
            replace(founder.settings, holdouts=("python score.py third", "python score.py second")),
            replace(founder.settings, holdouts=founder.settings.holdouts[:1]),
        ):
            with pytest.raises(UserError, match="changed since the hub opened"):
                require_committed(record, history, program, changed)
        with pytest.raises(UserError, match="changed since the hub opened"):
            require_committed(record, history, replace(program, hidden=("score.py",)), founder.settings)


@pytest.mark.parametrize(
    ("holdouts", "says"),
    [
        ("[python score.py first]", "a command twice"),
        ("['python score.py {split}']", "holdout 2 of hub.yaml.*split"),
        ("[[]]", "holdouts"),
    ],
)
def test_holdouts_that_cannot_serve_are_refused_before_the_hub_opens(tmp_path: Path, holdouts: str, says: str) -> None:
    """A command that was there already, or that no program could have."""
    from targets import repository_of

    repository = repository_of(tmp_path / "r", {**FILES, "train.py": TRAIN.replace("NOISE", "0.0")})
    hub = HUB_YAML.replace("[python score.py second, python score.py third]", holdouts)
    with pytest.raises(UserError, match=says):
        open_hub(repository, parse_hub_settings(hub))


def test_the_shares_of_all_campaigns_sum_to_the_error_rate() -> None:
    """However many begin."""
    assert fsum(rate_of(0.1, number) for number in range(1, 10_000)) == pytest.approx(0.1 * (1 - 1 / 10_000))


def _eleventh(chain: Chain, block: Block) -> None:
    chain.entries = [replace(block, number=number, worn=number == 12) for number in range(1, 13)]


def _split(chain: Chain, block: Block) -> None:
    chain.entries = [replace(block, split=3)]


def _back(chain: Chain, block: Block) -> None:
    chain.entries = [replace(block, split=1, campaign=2), replace(block, number=2, campaign=3)]


def _twice(chain: Chain, block: Block) -> None:
    chain.entries = [block, replace(block, number=2)]


def _campaign(chain: Chain, block: Block) -> None:
    chain.entries = [replace(block, campaign=2), replace(block, number=2)]


def _rate(chain: Chain, block: Block) -> None:
    chain.entries = [replace(block, campaign=2)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_eleventh, "not marked as worn"),
        (_split, "number 4, of 3"),
        (_back, "number 1 again, after the next one"),
        (_twice, "was counted before"),
        (_campaign, "number 1 again, after another one"),
        (_rate, "it has 0.0167"),
    ],
)
def test_a_chain_that_spends_more_than_it_has_does_not_hold(
    judged: Chain, change: Callable[[Chain, Block], None], says: str
) -> None:
    """A hub that signs more blocks by a holdout or an error budget than there are is found by anybody."""
    chain = Chain(genesis=judged.genesis, tree=judged.tree)
    block = judged.entries[0]
    assert isinstance(block, Block)
    change(chain, block)
    assert any(says in each.detail for each in check_receipts(chain) if each.holds is False)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """A chain with a block of a noisy target, which took a test."""
    founder = Founder(tmp_path_factory.mktemp("hub") / "r", noise=0.05)
    founder.submit(key(1), founder.train(("X = 1.0", "X = 2.0")))
    founder.judge()
    chain = founder.chain()
    assert len(chain.entries) == 1 and all(each.holds for each in check_receipts(chain))
    return chain
