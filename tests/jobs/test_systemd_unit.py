"""The text of a systemd unit, whatever the paths in it are."""

import shlex

import pytest

from overnight.jobs.systemd import unit_text

ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # of a line, to systemd or to some reader


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("added", ["ExecStartPre=/bin/evil", '"\nExecStartPre=/bin/evil', "%h$HOME\\", "\udcff\x1b[2J"])
def test_a_path_adds_no_line_to_a_unit(end: str, added: str) -> None:
    """A CR ends a line of a unit too; what is not printable is written by its bytes, and a specifier or variable is text."""
    plain = unit_text(["/bin/x", "up"], {"PATH": "/bin"})
    path = f"/home/{end}{added}{end}/x"
    hostile = unit_text(["/bin/x", path], {"PATH": path})
    assert len(hostile.splitlines()) == len(plain.splitlines())
    assert all(line.isprintable() for line in hostile.split("\n"))
    [start] = [line for line in hostile.split("\n") if line.startswith("ExecStart")]
    assert len(shlex.split(start.partition("=")[2])) == 2
    assert "%h" not in hostile.replace("%%h", "").replace("%h/.config", "") and "$HOME" not in start.replace("$$HOME", "")
