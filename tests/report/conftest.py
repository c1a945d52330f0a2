"""One written report for each case, shared by all tests of a session."""

from collections.abc import Callable
from functools import cache

import pytest
from campaigns import CASES, DIFF, record

from overnight.report.write import ReportFiles, write_report

Written = Callable[[str], ReportFiles]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The report of a case of `campaigns.CASES`."""

    @cache
    def write(name: str) -> ReportFiles:
        folder = tmp_path_factory.mktemp("report")
        world = CASES[name]
        return write_report(record(world), lambda _base, _commit: DIFF, folder, program=world.program)

    return write
