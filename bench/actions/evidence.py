"""How many faked features have no flag, and how many true ones have one: over the cases of the tests, in the jail.

PYTHONPATH=tests .venv/bin/python bench/actions/evidence.py [NAME ...]
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from evidence_cases.case import Case, evidence_of
from evidence_cases.fakes import FAKES
from evidence_cases.features import FEATURES


def main(names: list[str]) -> None:
    with TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = place
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        missed = [case.name for case in _chosen(FAKES, names) if not _flags(case, Path(place))]
        flagged = [case.name for case in _chosen(FEATURES, names) if _flags(case, Path(place))]
    print(f"faked features without a flag: {len(missed)} of {len(_chosen(FAKES, names))}", *missed, sep="\n  ")
    print(f"true features with a flag: {len(flagged)} of {len(_chosen(FEATURES, names))}", *flagged, sep="\n  ")


def _chosen(cases: list[Case], names: list[str]) -> list[Case]:
    return [case for case in cases if not names or any(name in case.name for name in names)]


def _flags(case: Case, place: Path) -> bool:
    began = time.monotonic()
    with TemporaryDirectory(dir=place) as folder:
        found = evidence_of(case, Path(folder))
    wrong = bool(found.flags) if case in FEATURES else not any(case.says in flag for flag in found.flags)
    print(f"{'WRONG' if wrong else 'right'} {time.monotonic() - began:5.1f} s  {case.name}", *found.flags, sep="\n        ")
    return bool(found.flags)


if __name__ == "__main__":
    main(sys.argv[1:])
