"""The output of a loop in the background: bounded, and asked for what went wrong."""

import os
from pathlib import Path

from overnight.jobs.log import KEPT_BYTES, MOST_BYTES, bound_log, last_words


def test_a_long_log_begins_anew_and_its_writer_goes_on(tmp_path: Path) -> None:
    """What was said last stays beside it, and the process that has it open writes at the new end, without a gap."""
    path = tmp_path / "log"
    bound_log(path)
    assert not path.exists()
    writer = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(writer, b"x" * MOST_BYTES)
    bound_log(path)
    assert path.stat().st_size == MOST_BYTES
    os.write(writer, b"the end\n")
    bound_log(path)
    os.write(writer, b"and on\n")
    os.close(writer)
    assert path.read_bytes() == b"and on\n"
    kept = (tmp_path / "log.1").read_bytes()
    assert len(kept) == KEPT_BYTES and kept.endswith(b"x" * 100 + b"the end\n")


def test_the_last_words_are_the_error_of_this_run(tmp_path: Path) -> None:
    """Not of a run before, not the note after it, printable, also if the log was begun anew meanwhile."""
    path = tmp_path / "log"
    assert last_words(path) == ""
    path.write_bytes(b"error: of yesterday\n")
    start = path.stat().st_size
    assert last_words(path, start) == ""
    path.write_bytes(path.read_bytes() + b"noise \xff\x1b[2J\n")
    assert last_words(path, start) == "noise \ufffd\\x1b[2J"
    path.write_bytes(path.read_bytes() + b"error: the key is missing\nnote: see there\n\n")
    assert last_words(path, start) == "the key is missing"
    path.write_bytes(b"error: new\n")
    assert last_words(path, start) == "new"
