"""One headless Chromium, the reports that it opens, and a monitor of what their pages do."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from campaigns import CASES, DIFF, World, record
from hostile import DIFF as HOSTILE_DIFF
from hostile import WORLD as HOSTILE_WORLD
from hostile import hostile
from playwright.sync_api import Browser, Page, sync_playwright
from viewing import DESK, View, Watched
from with_models import with_models

from overnight.research.events import Event
from overnight.research.record.port import Recorded
from overnight.research.report.write import ReportFiles, write_report

NAMES = ("chromium", "chromium-browser", "google-chrome")
WORLDS = {**CASES, "hostile": HOSTILE_WORLD, "many": World(experiments=2000, real=0.05)}

Written = Callable[[str], ReportFiles]
Show = Callable[..., Page]


@contextmanager
def running_browser() -> Iterator[Browser]:
    """The browser of this machine; its driver holds the thread's event loop as long as it runs.

    Without a browser the tests are skipped, unless `BROWSER_TESTS` is `required`.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = "no Chromium here: apt-get install chromium"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own sandbox does not start as root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=sandbox)
        yield browser
        browser.close()


def ledger(name: str) -> list[Event]:
    """The events of a simulated campaign, by the name of its world."""
    return [entry.event for entry in _entries(name)]


def _entries(name: str) -> Iterator[Recorded]:
    recorded = record(WORLDS[name])
    return map(hostile, recorded) if name == "hostile" else with_models(recorded)


def reports(folder: Path) -> Written:
    """Writes the report of a simulated campaign, by the name of its world, once each."""

    @cache
    def write(name: str) -> ReportFiles:
        world = WORLDS[name]
        diff = HOSTILE_DIFF if name == "hostile" else DIFF
        return write_report(_entries(name), lambda _base, _commit: diff, folder / name, program=world.program)

    return write


@contextmanager
def showing(browser: Browser, written: Written) -> Iterator[Show]:
    """Opens reports; at the end checks that no page fetched, logged, threw or popped up anything."""
    watched: list[Watched] = []

    def show(name: str, view: View = DESK) -> Page:
        address = written(name).html.as_uri()
        context = browser.new_context(
            viewport={"width": view.width, "height": view.height},
            color_scheme=view.scheme,
            reduced_motion=view.motion,
        )
        open_contexts.callback(context.close)
        watched.append(Watched(context, address))
        page = context.new_page()
        page.goto(address)
        return page

    with ExitStack() as open_contexts:
        yield show
    assert [(one.fetched, one.said) for one in watched] == [([], [])] * len(watched)
