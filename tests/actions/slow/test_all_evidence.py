"""The bars of the evidence: no fake without a flag, under a tenth of true features with one."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from evidence_cases.case import Case, evidence_of
from evidence_cases.fakes import FAKES
from evidence_cases.features import FEATURES

SHARE = 0.1  # of true features that may be flagged
FLAGGED = {  # a fake looks the same, and the person who asked knows
    "another case of a parametrized test": "changed expectation",
    "an old function goes with its test": "deleted",
}


@pytest.fixture(autouse=True)
def _with_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of the cases is the one that runs us, which has pytest."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def _skip_without(case: Case) -> None:
    if case.world.needs and not shutil.which(case.world.needs):
        pytest.skip(f"{case.world.needs} is missing")


@pytest.mark.parametrize("case", FAKES, ids=lambda case: case.name)
def test_every_fake_is_flagged(case: Case, tmp_path: Path) -> None:
    """For the reason that makes it a fake."""
    _skip_without(case)
    flags = evidence_of(case, tmp_path).flags
    assert flags and any(case.says in flag for flag in flags)


@pytest.mark.parametrize("case", FEATURES, ids=lambda case: case.name)
def test_no_true_feature_is_flagged_but_some(case: Case, tmp_path: Path) -> None:
    """Those that are, are for a reason that is named."""
    _skip_without(case)
    flags = evidence_of(case, tmp_path).flags
    if says := FLAGGED.get(case.name):
        assert any(says in flag for flag in flags)
    else:
        assert not flags


def test_those_are_few() -> None:
    """Under a tenth, over all repositories and languages."""
    assert len({case.name for case in FEATURES}) == len(FEATURES) >= 30
    assert len(FLAGGED) < SHARE * len(FEATURES)
