"""A record of 10,000 actions: the time to open and read it, to append, to make its pages, and the memory of it.

Every action has the events of one that was coded, checked, reviewed, judged and merged; a few go on.
"""

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from action_boards import board_of, result_events

from overnight.actions.charter import Request, Role
from overnight.actions.events import Asked, Begun, Event, Judged, Merged, TurnBegun, Word
from overnight.actions.fold import fold_all
from overnight.actions.record import ActionRecord
from overnight.actions.state import Board

GOING = 20  # of the newest
AT_ONCE = 50  # actions in one append
DAYS = 60  # ago the first one was asked for


def events_of(number: int, repo: str, commit: str, base: str, kept: dict[str, str], *, ends: bool) -> Iterator[Event]:
    """What happens to an action."""
    text = f"Let users export their orders of year {number} as CSV, with a header."
    yield Asked(action=number, request=Request(repo=repo, title=f"Export {number}", text=text))
    yield Begun(action=number, base=base, rules="---\nchecks: [pytest -q]\n---\n")
    if not ends:
        yield TurnBegun(action=number, turn=1, role=Role.CODER)
        return
    yield from result_events(number, commit, "", kept)
    yield Judged(action=number, word=Word.ACCEPT, commit=commit)
    yield Merged(action=number, commit=commit, parent=base, checks=("pytest -q",))


def clock_from(start: float) -> Callable[[], float]:
    """A clock that goes on by half a minute with each look."""
    ticks = itertools.count()
    return lambda: start + 30.0 * next(ticks)


def timed(work: Callable[[], object], rounds: int = 5) -> tuple[float, float]:
    """Wall and CPU of a call, ms, the medians."""
    found = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return 1e3 * median(wall for wall, _ in found), 1e3 * median(cpu for _, cpu in found)


def resident_mb() -> float:
    """Our own resident memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def look(address: str, repository: Path) -> Callable[[], object]:
    """Makes a page."""
    from visits import owner

    from overnight.web.calls import place_at
    from overnight.web.rendering import render_html

    def work() -> object:
        path, _, query = address.partition("?")
        pairs = [tuple(pair.split("=")) for pair in query.split("&")] if query else []
        return render_html(place_at(path, pairs, owner({"shop": repository})).look(), may_order=True)  # type: ignore[arg-type]  # pairs

    return work


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=10_000)
    parser.add_argument("--fold", action="store_true", help="also fold all events from the first on, which takes long")
    asked = parser.parse_args()
    count: int = asked.actions
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "web"))
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = str(Path(place) / "state")
        made = board_of(Path(place) / "made")
        with ActionRecord(clock=clock_from(time.time() - DAYS * 86_400)) as record:
            first, began = record.board().newest + 1, time.perf_counter()
            for start in range(first, count + 1, AT_ONCE):
                numbers = range(start, min(start + AT_ONCE, count + 1))
                record.append(
                    *(
                        event
                        for number in numbers
                        for event in events_of(
                            number, str(made.repository), made.commit, made.base, made.artifacts, ends=number <= count - GOING
                        )
                    )
                )
            events = record.store.newest()
            print(
                f"load {os.getloadavg()[0]:.1f}; {count} actions, {events} events, made in {time.perf_counter() - began:.0f} s"
            )
            size = (record.folder / "ledger.db").stat().st_size / 1e6
            kept = record.store.snapshot()
            print(f"ledger {size:.0f} MB, snapshot {len(kept[1]) / 1e3 if kept else 0:.0f} kB")

        def opened() -> None:
            with ActionRecord() as fresh:
                fresh.board()

        before = resident_mb()
        show("open and read the board", timed(opened))
        print(f"memory: {before:.0f} MB before, {resident_mb():.0f} MB after")
        with ActionRecord() as record:
            record.board()
            show("one event more, recorded and on the board", timed(lambda: record.append(step(count)), 50))
            show("a look at the board without news", timed(record.board, 200))
            if asked.fold:
                show("the same events folded from the first on", timed(lambda: fold_all(Board(), record.store.events()), 1))
        for address in ("/actions", "/actions?ended=50", "/actions/1", f"/actions/{first}", f"/actions/{first}/history"):
            work = look(address, made.repository)
            work()
            show(f"page {address}, {len(str(work())) / 1e3:.0f} kB", timed(work))


def step(number: int) -> Event:
    """Something small that happens."""
    return TurnBegun(action=number, turn=2, role=Role.CODER)


def show(what: str, took: tuple[float, float]) -> None:
    """A line."""
    print(f"{what}: {took[0]:.2f} ms, {took[1]:.2f} ms of CPU")


if __name__ == "__main__":
    main()
