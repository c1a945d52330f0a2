"""A campaign's record as the tests of `verify` check it and damage it."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from targets import make_repo, overnight, program

from overnight.research.reading import reading
from overnight.research.verify.examination import examine

EDITS = (("OFFSET = 5.0", "OFFSET = 3.0"), ("OFFSET = 3.0", "OFFSET = 9.0"), ("OFFSET = 3.0", "OFFSET = 2.0"))
NOTES = "refs/notes/overnight"


def ended_campaign(folder: Path) -> Path:
    """A repository with a noisy campaign that kept two changes."""
    repo = make_repo(folder / "r", program(*EDITS, front="guards: [wall_s <= 9]"), noise=0.1)
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    return repo


def failing(repo: Path) -> list[str]:
    """What does not hold."""
    with contextlib.chdir(repo), reading("t") as campaign:
        return [finding.what for finding in examine(campaign) if not finding.holds]


def execute(repo: Path, *statements: str) -> None:
    with sqlite3.connect(repo / ".overnight/t/ledger.db") as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def one(repo: Path, query: str) -> Any:  # Any: a value of SQLite
    with sqlite3.connect(repo / ".overnight/t/ledger.db") as db:
        found = db.execute(query).fetchone()[0]
    db.close()
    return found
