"""The status in a message: ten lines at most, the name of the campaign first, and what waits for a person before the rest."""

from dataclasses import replace

from builders import opened

from overnight.research.ending import EndReason
from overnight.research.state import begin
from overnight.research.views.status import KeepSummary, Status, describe, summarise
from overnight.research.views.status_message import KEEPS, LINE, MOST_LINES, status_message


def keep(number: int, *, unbelievable: bool = False, replaced_by: int = 0) -> KeepSummary:
    return KeepSummary(
        number=number,
        commit="c" * 40,
        hypothesis=f"change\x1b{number} " + "x" * 500,
        gain=0.1,
        low=0.05,
        high=0.15,
        replaced_by=replaced_by,
        doubts=("a gain of 40 sd",) if unbelievable else (),
        searched=0,
        unscreened=False,
        together=(),
        unbelievable=unbelievable,
        believed=False,
    )


def status(*keeps: KeepSummary, **changes: object) -> Status:
    now = summarise(begin(opened()), 7, "")
    return replace(now, keeps=keeps, kept=len(keeps), **changes)  # type: ignore[arg-type]  # fields of any type


def test_a_new_campaign_has_three_lines() -> None:
    """That it runs, where the head is, and what was tried."""
    first, level, tried = status_message(status())
    assert first.startswith("t: running (process 7)") and "the head is not measured yet" in level and "0 kept" in tried


def test_a_long_campaign_has_ten() -> None:
    """The newest keeps, how many more there are, and first what waits to be read; one line each, of bounded length."""
    keeps = [*(keep(number, unbelievable=number < 9) for number in range(1, 40)), keep(40, replaced_by=41), keep(41)]
    lines = status_message(status(*keeps, tokens=1_500_000, cost_usd=12.5))
    assert len(lines) == MOST_LINES and all(line.isprintable() and len(line) <= LINE for line in lines)
    assert "unbelievable" in lines[1] and "#1" in lines[1] and "#2" in lines[2]
    assert "1.5 M tokens" in lines[5] and "$12.5" in lines[5]
    assert [line.split(":")[0] for line in lines[6:9]] == ["kept #38", "kept #39", "kept #41"]
    assert lines[9] == f"and {40 - KEEPS} more kept changes"


def test_who_stopped_it_is_said() -> None:
    """In the message and in `overnight status`, in the words of the record."""
    detail = "stopped by owner:42 over channel:chat"
    now = status(running=None, stopped=EndReason.STOP.value, stopped_detail=detail)
    assert detail in status_message(now)[0] and detail in describe(now).splitlines()[0]
    assert "stopped: stopped" not in describe(now)


def test_a_deaf_channel_is_shown() -> None:
    """Printable, whatever it said."""
    assert r"deaf      `chat` cannot receive: no\x1bnetwork" in describe(status(deaf=("`chat` cannot receive: no\x1bnetwork",)))
