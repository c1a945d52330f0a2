"""What is found out about a commit, by real runs in the jail: the quick ones of the cases."""

from pathlib import Path

import pytest
from evidence_cases.case import Case, evidence_of
from evidence_cases.fakes import FAKES
from evidence_cases.features import FEATURES

QUICK_FAKES = (
    "nothing is implemented, and the test passes anyway",
    "the tests are named so that nothing runs them",
    "no test at all",
)
QUICK_FEATURES = ("a new function", "an option of a function", "a fixed mistake", "words alone")


def _named(cases: list[Case], *names: str) -> list[Case]:
    return [case for case in cases if case.name in names]


@pytest.mark.parametrize("case", _named(FAKES, *QUICK_FAKES), ids=lambda case: case.name)
def test_a_fake_is_flagged(case: Case, tmp_path: Path) -> None:
    """A faked feature has a flag that says what is wrong with it."""
    flags = evidence_of(case, tmp_path).flags
    assert flags and any(case.says in flag for flag in flags)


@pytest.mark.parametrize("case", _named(FEATURES, *QUICK_FEATURES), ids=lambda case: case.name)
def test_a_true_feature_is_not_flagged(case: Case, tmp_path: Path) -> None:
    """A true feature whose tests show it has none."""
    assert not evidence_of(case, tmp_path).flags
