"""Fixtures that several folders share: a scripted model provider, a server for notices, and written reports."""

import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from markupsafe import Markup

from overnight.research.researchers.tuner.arithmetic import load_numpy

load_numpy()  # before the next lines load it with a thread for each core: small matrices then take several times the CPU

from bare_python import bare_python, quick_path  # noqa: E402
from campaigns import CASES, DIFF, record  # noqa: E402
from examples import scaled  # noqa: E402
from hypothesis import settings  # noqa: E402
from notice_servers import WebServer, web_server  # noqa: E402
from scripted_models import ScriptedModels, scripted_models  # noqa: E402

from overnight.research.report import pictures, write  # noqa: E402
from overnight.research.report.write import ReportFiles, write_report  # noqa: E402

pytest_plugins = ["claws", "hostile_claw", "bot_api", "cloud_api", "terminal_courses"]
pytest.register_assert_rewrite("overnight.testing")  # so that a failing suite shows the values

# The suite tries the same examples each time, so it fails because of a change and not by chance; `make fuzz` tries others.
# There is no deadline, because the time of an example depends on the machine's load.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("other", max_examples=scaled(100), deadline=None)
settings.load_profile("same")

HERE = Path(__file__).parent
os.environ["PATH"] = quick_path(bare_python(HERE.parent / "build"))
# Hundreds of tests start a process of ours: without bytecode, as containers often have it, each compiles 300 modules.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(HERE.parent / "build" / "pycache")
sys.dont_write_bytecode = False
SLOW = ("walks", "cli", "attacks", "browser", "jail", "labs", "research")  # folders, in the order in which they start
MOST_WORKERS = 4
Written = Callable[[str], ReportFiles]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the long tests, so that no worker is left with them at the end."""
    ranks = {folder: rank for rank, folder in enumerate(SLOW)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(HERE).parts[0], len(SLOW)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, because a quarter of the suite's time is spent waiting for a limit or a process."""
    return min(len(os.sched_getaffinity(0)) + 1, MOST_WORKERS)


@pytest.fixture(scope="session", autouse=True)
def _no_state_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Marks of campaigns go to a folder of the session, also those of processes that it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("OVERNIGHT_NO_BOARD", "1")  # no test leaves a process behind
        yield


@pytest.fixture
def models() -> Iterator[ScriptedModels]:
    """A server of models."""
    with scripted_models() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A server that accepts notices."""
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


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without charts, for tests of their words: drawing them is nearly all of the time that a report takes."""
    frame = Markup('<svg role="img"><title>a picture</title><desc>not drawn</desc></svg>')

    def empty(_story: object, _title: str, _draw: object, caption: str) -> pictures.Picture:
        return pictures.Picture(wide=frame, narrow=frame, caption=caption)

    monkeypatch.setattr(pictures, "_picture", empty)
    monkeypatch.setattr(write, "progress_png", lambda _story: b"not drawn")
