"""How `overnight meta check` shows what ends: a bar on a terminal, a line each elsewhere."""

import io
import sys

import anyio
import pytest

from overnight.cli.meta_check import showing, until_at_once
from overnight.meta.charter import Target
from overnight.meta.task import InnerResult
from overnight.research.ending import Ending, EndReason
from overnight.research.loop.stop import Stop

FOUND = InnerResult(progress=1.25, elapsed_s=3.0)
PLANT = Target(name="plant", lab="plant")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_lines_count_what_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each names its target, its pair and what it gained."""
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    with showing(2) as see:
        see(PLANT, 0, 0, FOUND)
        see(PLANT, 0, 1, FOUND)
    assert stream.getvalue().splitlines() == [
        "1 of 2: plant, pair 1, campaign 1: gained 1.25 in 3.0 s",
        "2 of 2: plant, pair 1, campaign 2: gained 1.25 in 3.0 s",
    ]


def test_a_terminal_gets_a_bar_with_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """And how long that takes, as far as one can tell."""
    monkeypatch.setattr(sys, "stderr", stream := Terminal())
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("TERM", "xterm")
    with showing(2) as see:
        see(PLANT, 0, 0, FOUND)
    assert "1/2" in stream.getvalue() and "left; plant, pair 1, campaign 1: gained 1.25" in stream.getvalue()


def test_a_second_request_ends_a_check_at_once() -> None:
    """Without waiting for the campaigns that run."""

    async def never() -> None:
        await anyio.sleep_forever()

    async def check() -> None:
        stop = Stop()
        for _ in range(2):
            stop.interrupt(Ending(reason=EndReason.INTERRUPT, detail="stopped by Ctrl-C"))
        assert stop.at_once.cancel_called
        with anyio.fail_after(20):
            assert await until_at_once(stop, never()) is None

    anyio.run(check)
