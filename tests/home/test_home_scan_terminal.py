"""A scan at a terminal: it says what it will do, waits for yes, and takes names."""

import os
import pty
import select
import sys

from home_neighbourhood import neighbourhood
from homes import home  # noqa: F401

from overnight.home.record.record import HomeRecord
from overnight.home.twins.shelly import ShellyTwin

LONGEST_S = 60.0


def typed(*arguments: str, dialogue: list[tuple[str, str]]) -> tuple[int, str]:
    """Run `overnight` at a terminal of its own, typing each answer after what it waits for; exit code and what was shown."""
    process, file = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "overnight", *arguments])
    shown, at = "", 0
    while True:
        ready, _, _ = select.select([file], [], [], LONGEST_S)
        assert ready, f"nothing came: {shown}"
        try:
            data = os.read(file, 4096)
        except OSError:  # it ended
            break
        shown += data.decode(errors="replace")
        while dialogue and (found := shown.find(dialogue[0][0], at)) >= 0:
            at = found + len(dialogue[0][0])
            os.write(file, dialogue.pop(0)[1].encode())
    os.close(file)
    assert not dialogue, shown
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown


def test_it_asks_before_it_looks_and_then_for_names(home: HomeRecord) -> None:  # noqa: F811
    """No: nothing is looked at. Yes: a lamp is found; a name that cannot be one is asked for again, and confirms it."""
    with neighbourhood() as place:
        place.start(ShellyTwin("Kitchen lights", "light"), 0, 8080)
        code, shown = typed("home", "scan", "--subnet", place.subnet, dialogue=[("Look?", "n\n")])
        assert code == 2 and "questions that change nothing" in shown and not home.scans()
        dialogue = [
            ("Look?", "y\n"),
            ("[kitchen lamp]", "la<mp\n"),
            ("[kitchen]", "\n"),
            ("[kitchen lamp]", "\n"),
            ("[kitchen]", "\n"),
        ]
        code, shown = typed("home", "scan", "--subnet", place.subnet, dialogue=dialogue)
    assert code == 0 and 'says it is "Shelly' in shown and "is no name" in shown
    [lamp] = home.devices()
    assert (lamp.alias, lamp.room) == ("kitchen lamp", "kitchen")
