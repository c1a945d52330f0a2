"""The message of a commit on the branch for review."""

from dataclasses import replace

from builders import advanced, baseline, concluded, opened, proposed

from overnight.gate.verdict import Verdict
from overnight.research.state import begin, fold
from overnight.research.views.review import change


def test_a_commit_for_review_says_what_changes() -> None:
    """The subject of a tuner's change says nothing about its search; the words of others are not touched."""
    state = fold(begin(opened()), [baseline(0, 5.0), proposed(1), concluded(1, Verdict.KEEP, gain=2.0), advanced(1)])
    kept = replace(state.kept[0], hypothesis="Lower LR from 0.02 to 0.008 (one bold step)")
    made = change(state, kept, "tuner")
    assert made.subject == "Lower LR from 0.02 to 0.008" and "How the tuner came to it: one bold step." in made.body
    made = change(state, kept, "command")
    assert made.subject == kept.hypothesis and "came to it" not in made.body
