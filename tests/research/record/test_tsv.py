"""`results.tsv`, as the ecosystem's tools read it."""

import csv
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import pytest
from campaigns import CASES, World, record

from overnight.program.program import Direction, Metric
from overnight.research.history import experiment_number
from overnight.research.record.port import Recorded
from overnight.research.record.tsv import ResultRow, ResultsTable, experiment_row, table_rows

METRIC = Metric(name="val_bpb", direction=Direction.MINIMIZE)
ROW = ResultRow(commit="a1b2c3d4e5", value=0.9979, memory_bytes=44 * 1024**3, status="keep", description="baseline")


def rows_of(path: Path) -> list[dict[str, str]]:
    """The table, as a tool reads it."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def by_experiment(entries: Iterable[Recorded]) -> list[list[Recorded]]:
    """The events of each experiment."""
    ordered = sorted(
        (entry for entry in entries if experiment_number(entry.event)), key=lambda entry: experiment_number(entry.event) or 0
    )
    return [list(group) for _, group in groupby(ordered, key=lambda entry: experiment_number(entry.event))]


def test_row_is_in_the_ecosystems_form(tmp_path: Path) -> None:
    """Five columns, the metric's name in the header, a short commit, six decimals."""
    table = ResultsTable(tmp_path / "results.tsv", METRIC)
    table.append(ROW)
    assert (tmp_path / "results.tsv").read_text() == (
        "commit\tval_bpb\tmemory_gb\tstatus\tdescription\na1b2c3d\t0.997900\t44.000\tkeep\tbaseline\n"
    )


def test_description_is_one_cell_of_one_line(tmp_path: Path) -> None:
    """Tabs, line ends and escapes in a description cannot make a cell or a row."""
    table = ResultsTable(tmp_path / "results.tsv", METRIC)
    table.append(
        ResultRow(commit="c" * 40, value=1.0, memory_bytes=0, status="discard", description="a\tb\nkeep\r\x1b[31m\u2028c")
    )
    (row,) = rows_of(tmp_path / "results.tsv")
    assert row["description"] == r"a\tb\nkeep\r\x1b[31m\u2028c"


def test_rebuilt_table_is_the_appended_one(tmp_path: Path) -> None:
    """Appending each experiment at its verdict gives the same bytes as the ledger later."""
    entries = list(record(CASES["usual"]))
    rebuilt, appended = ResultsTable(tmp_path / "rebuilt", METRIC), ResultsTable(tmp_path / "appended", METRIC)
    rebuilt.rebuild(table_rows(entries))
    appended.append(next(iter(table_rows(entries))))
    for events in by_experiment(entries):
        row = experiment_row(events)
        assert row is not None
        appended.append(row)
    assert (tmp_path / "rebuilt").read_bytes() == (tmp_path / "appended").read_bytes()
    assert rebuilt.fix() == 1 + CASES["usual"].experiments


def test_status_follows_the_verdict(tmp_path: Path) -> None:
    """The baseline and keeps are keep, crashes have 0.000000, a reject is a discard that says why."""
    ResultsTable(tmp_path / "t", METRIC).rebuild(table_rows(record(CASES["usual"])))
    baseline, *rows = rows_of(tmp_path / "t")
    assert (baseline["status"], baseline["description"]) == ("keep", "baseline")
    assert {row["status"] for row in rows} == {"keep", "discard", "crash"}
    assert all(row["val_bpb"] == "0.000000" for row in rows if row["status"] == "crash")
    assert [row for row in rows if row["status"] == "discard" and "this tree was tried before" in row["description"]]


def test_experiment_without_verdict_has_no_row() -> None:
    """An open experiment is not in the table."""
    events = by_experiment(record(World(experiments=1)))[0]
    assert experiment_row(events[:-1]) is None


@pytest.mark.parametrize("torn", [b"deadbee", b"deadbee\t0.9", b"x" * 200_000, b"deadbee\t0.9\t1\tkeep\tnearly"])
def test_torn_last_line_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    """After a power cut the complete lines stay, and the next row begins on its own line."""
    path = tmp_path / "results.tsv"
    table = ResultsTable(path, METRIC)
    table.append(ROW)
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert table.fix() == 1
    assert path.read_bytes() == whole
    path.write_bytes(whole + torn)
    table.append(ROW)
    assert [row["commit"] for row in rows_of(path)] == ["a1b2c3d", "a1b2c3d"]


@pytest.mark.parametrize("start", [b"", b"commit\tval_"])
def test_torn_header_is_written_again(tmp_path: Path, start: bytes) -> None:
    """A file that was cut inside its header becomes a table again."""
    path = tmp_path / "results.tsv"
    path.write_bytes(start)
    ResultsTable(path, METRIC).append(ROW)
    assert [row["val_bpb"] for row in rows_of(path)] == ["0.997900"]


def test_append_reads_only_the_end(tmp_path: Path) -> None:
    """The cost of a row does not grow with the table: the file's start is neither read nor written."""
    path = tmp_path / "results.tsv"
    table = ResultsTable(path, METRIC)
    table.append(ROW)
    with path.open("r+b") as file:
        file.seek(8 * 1024**4)  # a hole of 8 TB, that must not be read to the end
        file.write(b"\n")
    table.append(ROW)
    with path.open("rb") as file:
        file.seek(8 * 1024**4 + 1)
        assert file.read() == ROW.line()


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    """Fixing a missing file creates nothing."""
    assert ResultsTable(tmp_path / "results.tsv", METRIC).fix() == 0
    assert not (tmp_path / "results.tsv").exists()
