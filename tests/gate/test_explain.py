"""Verdicts in plain words."""

from dataclasses import replace

import pytest
from gate_walk import program

from overnight.gate.explain import explain, explain_noise, seed_note
from overnight.gate.noise import NoiseReport
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Noise


def test_keep_with_all_its_numbers() -> None:
    """A keep shows its gain, interval, pairs, evidence, level and the holdout's rounded answer."""
    kept = Conclusion(
        verdict=Verdict.KEEP,
        reason="better in 14 pairs of fresh trials",
        gain=0.0123,
        low=0.004,
        high=0.02,
        log_e=6.0,
        level=0.005,
        pairs=14,
        holdout_gain=0.01,
    )
    text = " ".join(explain(kept, program()))
    for part in ("Kept: better in 14 pairs", "+0.0123", "95% interval +0.004 to +0.02", "14 pairs", "E = 403", "200", "+0.01"):
        assert part in text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_words(verdict: Verdict) -> None:
    """A verdict without numbers is one sentence with its reason."""
    (sentence,) = explain(Conclusion(verdict=verdict, reason="because"), program())
    assert sentence.endswith(": because.")


def test_screening_is_called_no_evidence() -> None:
    """A gain from screening alone is not presented as a finding."""
    sentences = explain(Conclusion(verdict=Verdict.DISCARD, reason="behind", gain=0.5), program())
    assert "no evidence" in sentences[1]


def test_huge_evidence_does_not_overflow() -> None:
    """ln E beyond what a float can hold is still shown."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="r", gain=1.0, low=0.5, high=2.0, log_e=2000.0, level=0.1, pairs=3000)
    assert any("E = " in sentence for sentence in explain(conclusion, program()))


def report(kind: Noise, *, correlation: float = 0.0, drifting: bool = False, known: bool = True) -> NoiseReport:
    """A noise report with sigma 0.25."""
    return NoiseReport(
        kind=kind,
        known=known,
        sigma=0.25,
        paired_sigma=0.3,
        correlation=correlation,
        trials=8,
        drifting=drifting,
        smallest_effect=0.1,
    )


def test_noise_is_explained_in_a_sentence() -> None:
    """It has the kind and sigma, and what seeds share and drift if there is any."""
    assert "too few" in explain_noise(report(Noise.GAUSSIAN, known=False))
    assert "none seen in 8 trials of this campaign's heads" in explain_noise(report(Noise.DETERMINISTIC))
    sentence = explain_noise(report(Noise.HEAVY, correlation=0.8, drifting=True))
    assert all(part in sentence for part in ("heavy", "0.25", "80%", "drifts"))
    assert "share" not in explain_noise(report(Noise.GAUSSIAN))


def test_a_command_without_a_seed_is_noticed() -> None:
    """`{seed}` or OVERNIGHT_SEED in the command is a seed; without one the note says what it means for this noise."""
    for command in ("run {seed}", "run --seed $OVERNIGHT_SEED"):
        assert seed_note(replace(program(), measure=command), Noise.GAUSSIAN) == ""
    assert seed_note(replace(program(), measure=None, produce="run {seed}"), Noise.GAUSSIAN) == ""
    made = replace(program(), measure=None, produce="run", prepare="make {seed}", inputs=("in.json",))
    assert seed_note(made, Noise.DETERMINISTIC) == ""
    assert "fixed seed" in seed_note(program(), Noise.DETERMINISTIC)
    assert "needs more pairs" in seed_note(program(), Noise.TIMING)
