"""Real campaigns whose researchers change nothing that matters keep nothing; `bench/gate/real.py` runs the full size."""

import pytest
from real import CASES, campaign
from targets import COMMAND

from overnight.gate.verdict import Verdict


@pytest.mark.parametrize(
    ("case", "experiments", "rejected"),
    [("noisy lab", 12, 0), ("noisy minimiser", 12, 0), ("by its name", 10, 10), ("in disguise", 6, 0)],
)
def test_nothing_is_kept(case: str, experiments: int, rejected: int) -> None:
    """Unread constants, renamed or reordered code and other seeds: none is an improvement; a named seed costs no trial."""
    chosen = [each for each in CASES if case in each.name]
    assert chosen
    for each in chosen:
        story = campaign(each, experiments, "process", [COMMAND])
        verdicts = story.funnel.verdicts
        assert story.funnel.proposed == sum(verdicts.values()) >= experiments
        assert (verdicts.get(Verdict.REJECT, 0) >= rejected, verdicts.get(Verdict.CRASH, 0)) == (True, 0)
        assert rejected or story.funnel.proposed == experiments
        assert story.funnel.kept <= (case == "noisy minimiser"), (
            "its noise does not come from a seed, and may fool one campaign in 20"
        )
        assert story.costs.trials >= 3 + experiments - rejected
        assert story.funnel.registered or "lucky" not in each.name, "it looks better, so the gate itself must decide"
