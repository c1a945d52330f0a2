"""What tests of several folders share: a scripted provider of models, a server of notices, and written reports."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from campaigns import CASES, DIFF, record
from examples import scaled
from hypothesis import settings
from notice_servers import WebServer, web_server
from scripted_models import ScriptedModels, scripted_models

from overnight.research.report.write import ReportFiles, write_report

pytest.register_assert_rewrite("overnight.testing")  # a suite that fails shows the values

# The suite tries the same examples each time, so that it fails for a change and not by chance; `make fuzz` tries other ones.
# How long an example takes says how loaded the machine is.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("other", max_examples=scaled(100), deadline=None)
settings.load_profile("same")

HERE = Path(__file__).parent
SLOW = ("walks", "cli", "attacks", "browser", "jail", "labs", "research")  # folders, in the order in which they begin
MOST_WORKERS = 4
Written = Callable[[str], ReportFiles]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones, so that no worker is left with them at the end."""
    ranks = {folder: rank for rank, folder in enumerate(SLOW)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(HERE).parts[0], len(SLOW)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a quarter of the suite's time is waiting for a limit or for a process."""
    return min(len(os.sched_getaffinity(0)) + 1, MOST_WORKERS)


@pytest.fixture
def models() -> Iterator[ScriptedModels]:
    """A server of models."""
    with scripted_models() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A server that takes notices."""
    with web_server() as server:
        yield server


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The report of a case of `campaigns.CASES`, one for all tests of a session."""

    @cache
    def write(name: str) -> ReportFiles:
        folder = tmp_path_factory.mktemp("report")
        world = CASES[name]
        return write_report(record(world), lambda _base, _commit: DIFF, folder, program=world.program)

    return write
