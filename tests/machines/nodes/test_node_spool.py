"""Results on a node's disk, until they are acknowledged."""

from pathlib import Path

from overnight.egress.connection import Connection, Outcome
from overnight.jail.job import JobEnding, JobResult
from overnight.machines.nodes.manifest import Entry, Kind
from overnight.machines.nodes.spool import KEPT_S, Finished, Spool
from overnight.machines.nodes.tree import Changes

RESULT = JobResult(
    ending=JobEnding.EXITED, exit_code=0, wall_s=1.5, cpu_s=1.25, peak_memory_bytes=7, output_bytes=2, detail="said"
)


def finished(job_id: str = "trial 1/produce", *, keep: bool = True) -> Finished:
    return Finished(
        job_id=job_id,
        asked=b"\xff\x00digest",
        slot=1,
        keep=keep,
        result=RESULT,
        captured_bytes=2,
        changes=Changes(
            deleted=(b"\xff gone",),
            changed=(Entry(path=b"a\nb", kind=Kind.LINK, content=b"\xfe"),),
        ),
        reached=(Connection(host="a.org", port=443, began=1.0, outcome=Outcome.REACHED),),
        ended_at=1000.0,
    )


def test_a_result_outlives_its_process(tmp_path: Path) -> None:
    """Another process finds it as it was, with names that are no text, and what the job left."""
    spool = Spool(tmp_path / "jobs", lambda: 1000.0)
    spool.place("trial 1/produce")
    spool.tree("trial 1/produce").mkdir()
    spool.finish(finished())
    again = Spool(tmp_path / "jobs", lambda: 1001.0)
    assert again.finished == {"trial 1/produce": finished()}
    assert again.tree("trial 1/produce").is_dir()


def test_a_job_without_a_result_was_killed(tmp_path: Path) -> None:
    """What it left is deleted, also if its result was being written."""
    spool = Spool(tmp_path / "jobs", lambda: 0.0)
    for job_id in ("one", "two"):
        spool.place(job_id)
    (spool.tree("two").parent / "result.json").write_text('{"job_id": "tw')
    assert Spool(tmp_path / "jobs", lambda: 0.0).finished == {} and list((tmp_path / "jobs").iterdir()) == []


def test_only_what_is_to_be_kept_is_kept_and_not_for_ever(tmp_path: Path) -> None:
    """A result without an id that anybody knows ends with its process; all others after seven days."""
    spool = Spool(tmp_path / "jobs", lambda: 0.0)
    for each in (finished("named"), finished("nobody's", keep=False)):
        spool.place(each.job_id)
        spool.finish(each)
    assert set(Spool(tmp_path / "jobs", lambda: 1000.0 + KEPT_S - 1).finished) == {"named"}
    assert Spool(tmp_path / "jobs", lambda: 1000.0 + KEPT_S).finished == {}


def test_a_removed_result_is_gone(tmp_path: Path) -> None:
    """With its files; to remove it again does nothing, and its place can be made anew."""
    spool = Spool(tmp_path / "jobs", lambda: 0.0)
    spool.place("one")
    spool.finish(finished("one"))
    spool.remove("one")
    spool.remove("one")
    assert spool.finished == {} and Spool(tmp_path / "jobs", lambda: 0.0).finished == {}
    spool.place("one")
    spool.place("one")


def test_ids_are_no_paths(tmp_path: Path) -> None:
    """Whatever a job is called, its files are below the spool."""
    spool = Spool(tmp_path / "jobs", lambda: 0.0)
    for job_id in ("../../etc", "/etc", "", "a\0b", "x" * 10_000):
        assert spool.tree(job_id).parents[1] == tmp_path / "jobs"
