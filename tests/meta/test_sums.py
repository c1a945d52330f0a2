"""What is remembered of inner campaigns, and what a brief says of it."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from builders import concluded, opened, proposed, searched
from builders import trial as usual_trial
from meta_events import inner, meta_opened

from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.meta.memory import background
from overnight.meta.sums import FILE, MOST_ORGANISATIONS, Sums, read_sums, write_sums
from overnight.meta.tallies import add
from overnight.meta.trials import folder_of
from overnight.research.events import Event, ProposalMissed, TrialFinished
from overnight.research.loop.journal import Journal
from overnight.research.places.begun import mark_begun
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin

SECRET_VALUE = "LEARNING_RATE = 0.0123"
IDEA = "raise the learning rate"
INNER_PROGRAM = f"""---
metric: {{name: loss, direction: minimize}}
measure: python train.py --seed {{seed}}
editable: [train.py]
---
## Ideas

- [ ] {IDEA}
"""


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """The folder of a meta-campaign."""
    folder = tmp_path / ".overnight" / "meta-now"
    folder.mkdir(parents=True)
    return folder


def record(folder: Path, events: Sequence[Event]) -> Journal:
    """A journal of a meta-campaign with these events."""
    ledger = SqliteLedger(folder)
    journal = Journal(ledger, begin(meta_opened()))
    ledger.append(meta_opened())
    for event in events:
        ledger.append(event)
    return journal


def ran(folder: Path, event: TrialFinished, *targets: str) -> TrialFinished:
    """The same trial, whose inner campaigns have left their ledgers: two proposals of `miner`, of which one is kept."""
    events: list[Event] = [
        opened(INNER_PROGRAM),
        replace(proposed(1, role="miner"), hypothesis=SECRET_VALUE, idea=1),
        usual_trial(1),
        concluded(1, Verdict.KEEP, gain=1.0),
        searched(0, role="miner"),
        proposed(2, role="miner"),
        concluded(2, Verdict.REJECT),
        ProposalMissed(role="miner", reason="it said nothing"),
    ]
    for target in targets:
        where = folder_of(folder, event.trial.key) / target
        where.mkdir(parents=True)
        with closing(SqliteLedger(where)) as ledger:
            ledger.append(*events)
    return event


def test_a_brief_says_who_proved_what_on_which_target(campaign: Path) -> None:
    """By role, by target, by idea of the queue and by organisation; in sums that are written down."""
    first = ran(campaign, inner(1, 0, {"plant": 2.0}, arm=Arm.BASELINE), "plant")
    second = ran(campaign, inner(1, 0, {"plant": 6.0}), "plant")
    journal = record(campaign, [proposed(1), first, second])
    text = background(journal, campaign)
    assert "On plant: 2 inner campaigns, 0 of them gained nothing, 1 kept in each." in text
    assert "Role miner: 4 proposals, 2 kept, 2 trials a keep, 2 refused before any trial, 2 came to no proposal, 50% of" in text
    assert f'"{IDEA}": proven in 2 of 2 campaigns' in text
    assert "progress in spreads before and after: plant 1 to 3." in text
    assert background(journal, campaign) == text, "nothing is counted twice"
    journal.ledger.append(ran(campaign, inner(1, 1, {"plant": 0.0}), "plant"))
    assert "On plant: 3 inner campaigns, 1 of them gained nothing" in background(journal, campaign)


def test_it_holds_nothing_of_a_targets_answer_and_nothing_of_sealed_targets(campaign: Path) -> None:
    """No sentence of an inner researcher, no trial of a holdout or an audit."""
    public = ran(campaign, inner(1, 0, {"plant": 6.0}), "plant")
    sealed = ran(campaign, inner(1, 0, {"rock": 6.0}, stage=Stage.HOLDOUT), "rock")
    audit = ran(campaign, inner(0, 0, {"plant": 6.0, "rock": 6.0}, stage=Stage.AUDIT), "plant", "rock")
    text = background(record(campaign, [proposed(1), public, sealed, audit]), campaign)
    assert "1 inner campaign," in text
    kept = (campaign / FILE).read_text()
    assert all("rock" not in shown and "0.0123" not in shown for shown in (text, kept))


def test_an_earlier_meta_campaign_of_the_repository_is_remembered(campaign: Path) -> None:
    """From its sums, under its name, without its organisations; not what it says of a target that is sealed now."""
    before = campaign.parent / "meta-before"
    before.mkdir()
    journal = record(before, [proposed(1), ran(before, inner(1, 0, {"plant": 6.0, "rock": 1.0}), "plant", "rock")])
    with journal.ledger.lock():  # marks it as one that had a session
        background(journal, before)
    assert background(record(campaign, []), campaign) == "", "one that came with a clone says nothing"
    with closing(SqliteLedger(before)) as ledger:
        mark_begun(before, ledger)
    text = background(Journal(SqliteLedger(campaign), begin(meta_opened())), campaign)
    assert "In the earlier meta-campaign meta-before:" in text and "Role miner" in text and "in spreads" not in text
    assert "On plant" in text and "rock" not in text


def test_without_an_inner_campaign_nothing_is_said(campaign: Path) -> None:
    """An empty section is left out of a brief."""
    assert background(record(campaign, []), campaign) == ""


def test_a_ledger_that_is_gone_is_left_out(campaign: Path) -> None:
    """What its trial gained is still known."""
    journal = record(campaign, [proposed(1), inner(1, 0, {"plant": 6.0}), inner(1, 0, {"plant": 2.0}, arm=Arm.BASELINE)])
    background(journal, campaign)
    assert read_sums(campaign).roles == {} and read_sums(campaign).organisations["1"]["after plant"] == 3.0


STRANGE = (
    "rubbish",
    "[]",
    '{"seq": "1"}',
    '{"seq": 99}',
    '{"seq": -1}',
    '{"seq": 1, "more": {}}',
    '{"seq": 1, "roles": {"a": {"proposed": "many"}}}',
    '{"seq": 1, "targets": {"a": {"campaigns": NaN}}}',
)


def test_what_is_remembered_is_made_again_if_it_is_not_ours(campaign: Path) -> None:
    """Damaged, of another form, or behind a link; rows that lack something are left out, and names are shown in one line."""
    journal = record(campaign, [proposed(1), ran(campaign, inner(1, 0, {"plant": 6.0}), "plant")])
    text = background(journal, campaign)
    for strange in STRANGE:
        (campaign / FILE).write_text(strange)
        assert background(journal, campaign) == text
    seq = read_sums(campaign).seq
    (campaign / FILE).rename(campaign.parent / "other.json")
    (campaign / FILE).symlink_to(campaign.parent / "other.json")
    assert read_sums(campaign).seq == 0
    names: dict[str, dict[str, float]] = {"plant": {}, "a\nb": {"campaigns": 1.0, "gained": 0.0, "kept": 0.0}}
    (campaign / FILE).unlink()
    write_sums(campaign, Sums(seq=seq, targets=names, ideas={"i": {}}, organisations={"x": {}}))
    assert "- On a\\nb: 1 inner campaign," in background(journal, campaign)


def test_sums_stay_small() -> None:
    """Of more rows than are kept, the one that changed longest ago goes."""
    table: dict[str, dict[str, float]] = {}
    for number in range(100):
        add(table, str(number), MOST_ORGANISATIONS, tried=1)
        add(table, "0", MOST_ORGANISATIONS, tried=1)
    assert len(table) == MOST_ORGANISATIONS and table["0"]["tried"] == 101 and "99" in table
