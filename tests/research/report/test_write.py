"""The files of a report."""

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from campaigns import CASES, DIFF, World, record

from overnight.research.report.write import ReportFiles, write_report
from overnight.words.scrubber import Scrubber

KEY = "team-alpha-9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV"
Written = Callable[[str], ReportFiles]


@pytest.mark.parametrize("name", ["usual", "no experiment", "deterministic"])
def test_every_campaign_has_all_three_files(written: Written, name: str) -> None:
    """Page, picture and Markdown are there, and nothing else."""
    files = written(name)
    assert sorted(path.name for path in files.html.parent.iterdir()) == ["progress.png", "report.html", "report.md"]
    assert files.md.read_text().startswith("# Campaign nov21\n")


def test_picture_is_a_png_of_a_useful_size(written: Written) -> None:
    """The picture can be put into a pull request as it is."""
    content = written("usual").png.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) > (1600, 800)


@pytest.mark.usefixtures("undrawn")
def test_failed_write_leaves_the_old_report(tmp_path: Path) -> None:
    """If a report cannot be written, the old one stays as it was, and no temporary file is left."""
    world = World(experiments=5)
    files = write_report(record(world), lambda _base, _commit: "", tmp_path, program=world.program)
    before = files.md.read_bytes()
    files.html.unlink()
    files.html.mkdir()
    with pytest.raises(OSError, match=r"report\.html"):
        write_report(record(world), lambda _base, _commit: "", tmp_path, program=world.program)
    assert files.md.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["progress.png", "report.html", "report.md"]


def test_a_campaign_that_never_measured_has_a_report(tmp_path: Path) -> None:
    """For example one that was stopped before the end of its first trial."""
    world = World(experiments=5)
    opened = [next(record(world))]
    assert write_report(opened, lambda _base, _commit: "", tmp_path, program=world.program).html.exists()


@pytest.mark.usefixtures("undrawn")
def test_diff_is_asked_once_for_each_keep(tmp_path: Path) -> None:
    """The caller's diff is called with the head before and the kept commit, once."""
    asked: list[tuple[str, str]] = []

    def diff(base: str, commit: str) -> str:
        asked.append((base, commit))
        return DIFF

    world = CASES["one keep"]
    write_report(record(world), diff, tmp_path, program=world.program)
    (moved,) = (entry.event for entry in record(world) if entry.event.kind == "advanced")
    assert asked == [(moved.old, moved.new)]


def test_same_ledger_gives_the_same_report(tmp_path: Path) -> None:
    """A report depends on the ledger alone."""
    world = World(experiments=10)
    contents = []
    for name in ("one", "two"):
        files = write_report(record(world), lambda _base, _commit: DIFF, tmp_path / name, program=world.program)
        contents.append((files.html.read_bytes(), files.md.read_bytes(), files.png.read_bytes()))
    assert contents[0] == contents[1]


def test_heavy_libraries_wait_until_a_report_is_written() -> None:
    """Importing the package imports neither altair nor jinja2 nor vl-convert."""
    code = (
        "import sys, overnight.research.report.write, overnight.research.record.tsv\n"
        "print([name for name in ('altair', 'jinja2', 'vl_convert', 'markupsafe') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_secret_that_was_recorded_before_it_was_known_is_not_in_the_report(tmp_path: Path) -> None:
    """As in a campaign of an older version; the picture has no such text."""
    world, diff = CASES["one keep"], DIFF.replace("\n+", f"\n+{KEY} ")
    plain = write_report(record(world), lambda _base, _commit: diff, tmp_path / "a", program=world.program)
    hide = Scrubber([KEY]).known_in
    files = write_report(record(world), lambda _base, _commit: diff, tmp_path / "b", program=world.program, hide=hide)
    assert KEY in plain.html.read_text()
    assert all(KEY.encode() not in path.read_bytes() for path in (files.html, files.md, files.png))
