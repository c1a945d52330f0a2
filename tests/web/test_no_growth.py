"""A view of a page reads as much of a long campaign as of a short one."""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from surface_campaigns import Made, campaign_of, grow, running

from overnight.ledger.file import LedgerFile
from overnight.operations.principal import OWNER, Address, Origin
from overnight.web.calls import Caller
from overnight.web.made_pages import PageKey, make_page

SHORT, LONG = 100, 400  # experiments, both more than any page shows
PAGE = "/repos/repo/campaigns/night"
ADDRESSES = ("/home", "/repos/repo", PAGE, f"{PAGE}/experiments", f"{PAGE}/ideas", f"{PAGE}/experiments/90")
EACH = 20  # instructions of SQLite's between two counts
SLACK = 1.4  # a table is a little deeper, a campaign of four times as many experiments has more that was kept


class Counter:
    """Counts what SQLite does for ledgers that are opened: it grows with the rows that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        connect = LedgerFile.connect

        def counted(file: LedgerFile, *, read_only: bool) -> sqlite3.Connection:
            opened = connect(file, read_only=read_only)
            opened.set_progress_handler(self.count, EACH)
            return opened

        monkeypatch.setattr(LedgerFile, "connect", counted)

    def count(self) -> int:
        """Another few instructions are done; go on."""
        self.steps += 1
        return 0


def work(made: Made, size: int, counter: Counter) -> Mapping[str, int]:
    """For each page, what is done for it after something new has come."""
    caller = Caller(
        principal=OWNER,
        origin=Origin.OWNER,
        address=Address(channel="web", id="browser"),
        repositories={"repo": made.repository},
        environment={"PATH": os.environ["PATH"]},
    )
    found: dict[str, int] = {}
    with running(made) as ledger:
        for number, path in enumerate(ADDRESSES, size + 3):
            address = PageKey.of(path, (), caller)
            assert make_page(address, caller).found
            grow(ledger, number, start="0" * 40)
            before = counter.steps
            assert make_page(address, caller).found
            found[path] = counter.steps - before
    return found


def test_no_view_reads_more_of_a_longer_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What SQLite does for each page is about the same after 100 and after 400 experiments."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    counter = Counter(monkeypatch)
    short = work(campaign_of(tmp_path / "short" / "repo", SHORT, ended=False), SHORT, counter)
    long = work(campaign_of(tmp_path / "long" / "repo", LONG, ended=False), LONG, counter)
    assert all(short.values())
    assert {path for path in ADDRESSES if long[path] > SLACK * short[path]} == set(), (short, long)
