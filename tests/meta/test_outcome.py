"""What a meta-campaign showed, folded from events."""

import pytest
from builders import concluded
from meta_events import PROGRAM, audit_opened, audited, inner

from overnight.gate.audit import Longer
from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.meta.outcome import MetaOutcome, OutcomeFold, Purpose
from overnight.program.parser import parse_program
from overnight.research.events import Event, Moved

METRIC = parse_program(PROGRAM, "meta.md").metric


def outcome_of(*events: Event, kept: dict[int, str] | None = None) -> MetaOutcome:
    """What they show."""
    fold = OutcomeFold(METRIC)
    for event in events:
        fold.take(event)
    return fold.outcome(kept or {})


def pairs_of_audit() -> list[Event]:
    """Three pairs: on `plant` gains of 1, 2 and 3, on `rock` none."""
    return [event for n in range(3) for event in audited({"plant": 1.0, "rock": 0.4}, {"plant": 2.0 + n, "rock": 0.4}, n)]


def test_each_target_is_measured_in_its_own_units_and_the_means_in_spreads() -> None:
    """Student's interval of three pairs; a sealed target never enters the public mean."""
    found = outcome_of(audit_opened(), *pairs_of_audit())
    plant, rock = found.targets
    assert (plant.name, plant.sealed, rock.name, rock.sealed) == ("plant", False, "rock", True)
    assert plant.gain is not None and (plant.gain.gain, plant.gain.pairs) == (2.0, 3)
    assert plant.gain.high - plant.gain.gain == pytest.approx(4.3027 / 3**0.5, abs=1e-3)
    assert (plant.start.mean, plant.head.mean, plant.start.campaigns) == (1.0, 3.0, 3)
    assert found.public is not None and found.public.gain is not None and found.public.gain.gain == 1.0
    assert found.sealed is not None and found.sealed.gain is not None and found.sealed.gain.gain == 0.0
    assert found.times == 0 and plant.longer_start is None


def test_a_longer_campaign_stands_beside_start_and_head() -> None:
    """What it gained changes neither of them, and it is paid for under its own name."""
    longer = inner(0, 0, {"plant": 5.0, "rock": 1.0}, stage=Stage.AUDIT, arm=Arm.BASELINE, times=9)
    found = outcome_of(audit_opened(longer=Longer(times=9, blocks=1)), *pairs_of_audit(), longer)
    plant = found.targets[0]
    assert plant.longer_start is not None and (plant.longer_start.mean, plant.longer_start.campaigns) == (5.0, 1)
    assert plant.longer_head is None and plant.start.mean == 1.0
    assert found.public is not None and found.public.longer_start is not None and found.public.longer_start.mean == 2.5
    assert (found.times, found.spent[Purpose.LONGER].trials, found.spent[Purpose.AUDIT].campaigns) == (9, 100, 12)


def test_only_the_newest_audit_counts() -> None:
    """Another head is another question."""
    found = outcome_of(audit_opened(), *audited({"plant": 9.0}, {"plant": 1.0}, 7), audit_opened(), *pairs_of_audit())
    assert found.targets[0].gain is not None and found.targets[0].gain.gain == 2.0
    assert found.spent[Purpose.AUDIT].campaigns == 14, "but what it cost was spent"


def test_a_keep_shows_its_pairs_by_target_without_screening_and_without_the_holdout() -> None:
    """The holdout's answers are sealed; screening chose the change; what restarted is gone."""
    events: list[Event] = [
        inner(1, 0, {"plant": 9.0}, stage=Stage.SCREEN),
        inner(1, 0, {"plant": 0.0}, arm=Arm.BASELINE),
        inner(1, 0, {"plant": 9.0}),
        Moved(number=1, onto="b", commit="c", tree="d", screened=True),
        inner(1, 0, {"plant": 1.0}, arm=Arm.BASELINE),
        inner(1, 0, {"plant": 2.0}),
        inner(1, 1, {"plant": 1.0}, arm=Arm.BASELINE),
        inner(1, 1, {"plant": 5.0}),
        inner(1, 0, {"rock": 1.0}, stage=Stage.HOLDOUT, arm=Arm.BASELINE),
        inner(1, 0, {"rock": 2.0}, stage=Stage.HOLDOUT),
        concluded(1, Verdict.KEEP),
    ]
    found = outcome_of(*events, kept={1: "more of it"})
    assert {name: (level.mean, level.campaigns) for name, level in found.kept[0].gains.items()} == {"plant": (2.5, 2)}
    assert found.targets == () and found.public is None
    assert {purpose: spent.campaigns for purpose, spent in found.spent.items()} == {
        Purpose.SCREENING: 1,
        Purpose.PROOF: 6,
        Purpose.HOLDOUT: 2,
    }


def test_what_was_not_kept_is_not_remembered() -> None:
    """Nothing grows with the experiments that failed."""
    fold = OutcomeFold(METRIC)
    for number in range(1, 50):
        for event in (inner(number, 0, {"plant": 1.0}), concluded(number, Verdict.DISCARD)):
            fold.take(event)
    assert not fold.pairs and fold.outcome({}).spent[Purpose.PROOF].trials == 49 * 50


def test_a_trial_that_failed_measures_nothing() -> None:
    """And its pair does not count."""
    failed = inner(0, 3, None, stage=Stage.AUDIT)
    alone = inner(0, 3, {"plant": 70.0}, stage=Stage.AUDIT, arm=Arm.BASELINE)
    found = outcome_of(audit_opened(pairs=4), *pairs_of_audit(), failed, alone)
    assert found.targets[0].gain is not None and found.targets[0].gain.pairs == 3
