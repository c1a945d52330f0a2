"""Targets: pinned copies of repositories, what jobs see of them, and how many inner campaigns run at once."""

import os
from pathlib import Path

import anyio
import pytest
from inner_campaigns import make_target, task_on
from targets import git

from overnight.errors import UserError
from overnight.files.own import NotOurs
from overnight.git.repository import open_repository
from overnight.meta.charter import Target
from overnight.meta.inner import Halt, run_inner
from overnight.meta.targets import FOLDER, most_slots, pinned, target_text
from overnight.meta.task import Blame, InnerResult
from overnight.program.parser import parse_program


def test_a_target_is_tried_as_it_was_when_it_was_pinned(tmp_path: Path) -> None:
    """Commits, garbage collection and even the end of the repository change nothing for later inner campaigns."""
    target = make_target(tmp_path / "target")
    task = task_on(target, tmp_path / "inner" / "a" / "target", trials=12)
    (target / "train.py").write_text("raise SystemExit(1)")
    git(target, "commit", "-q", "-a", "--amend", "-m", "another start")
    git(target, "reflog", "expire", "--expire=now", "--all")
    git(target, "gc", "-q", "--prune=now")
    assert Path(task.source).parent.name == FOLDER
    target.rename(tmp_path / "moved")
    assert anyio.run(run_inner, task, Halt()).trials == 12  # type: ignore[union-attr]  # not halted
    assert git(tmp_path / "moved", "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_jobs_see_of_the_users_checkout_what_readable_names_and_no_more(tmp_path: Path) -> None:
    """As in a usual campaign there: ignored data is found at its relative place; the rest of the checkout is hidden."""
    top = tmp_path / "target"
    measure = f"test ! -e {top}/private.txt && cat data/line && python train.py {{seed}}"
    target = make_target(top, measure=measure)
    text = (target / "program.md").read_text().replace("limits:", "readable: [data]\nlimits:")
    (target / "program.md").write_text(text)
    (target / ".gitignore").write_text("data\nprivate.txt\n")
    git(target, "add", "-A")
    git(target, "commit", "-q", "-m", "data")
    (target / "data").mkdir()
    (target / "data/line").write_text("seen\n")
    (target / "private.txt").write_text("unseen\n")
    task = task_on(target, tmp_path / "inner" / "a" / "target", trials=4, sandbox="jail")
    result = anyio.run(run_inner, task, Halt())
    assert isinstance(result, InnerResult) and (result.failure, result.trials) == ("", 4)


def test_a_target_without_a_program_is_the_users_mistake(tmp_path: Path) -> None:
    """The error names the target, its commit and the fix."""
    target = make_target(tmp_path / "target")
    git(target, "rm", "-q", "--cached", "program.md")
    git(target, "commit", "-q", "-m", "none")
    commit = git(target, "rev-parse", "HEAD")
    copy = pinned(open_repository(target), commit, tmp_path)
    with pytest.raises(UserError, match=r"the target target has no program.md in its commit .*overnight init"):
        target_text(Target(name="target", folder="target"), (str(copy), commit))
    assert "metric:" in target_text(Target(name="plant", lab="plant"), ("", ""))


def test_as_many_run_at_once_as_cores_and_memory_allow() -> None:
    """The largest target decides; one that measures time, or needs a GPU, has the machine to itself."""
    usual = "---\nmetric: {name: loss}\nmeasure: make\neditable: [a.py]\nlimits: {cpus: 2, memory: 2GB, wall: 9s}\n---\n"
    timed = usual.replace("name: loss", "name: wall_s")
    small = usual.replace("cpus: 2, ", "")
    programs = {text: parse_program(text, "program.md") for text in (usual, timed, small)}
    assert most_slots([programs[small]], cores=8, memory_bytes=64 * 10**9) == 8
    assert most_slots([programs[small], programs[usual]], cores=8, memory_bytes=64 * 10**9) == 4
    assert most_slots([programs[usual]], cores=8, memory_bytes=5 * 10**9) == 2
    assert most_slots([programs[small], programs[timed]], cores=8, memory_bytes=64 * 10**9) == 1
    assert most_slots([programs[usual]], cores=1, memory_bytes=10**9) == 1


def test_what_a_killed_process_left_half_copied_is_deleted(tmp_path: Path) -> None:
    """Of a process that still runs it stays; a link in the place of a copy is refused."""
    target = make_target(tmp_path / "target")
    commit, copies = git(target, "rev-parse", "HEAD"), tmp_path / FOLDER
    for left in (".making-4194305-x", f".making-{os.getpid()}-x", ".making-x"):
        (copies / left / "objects").mkdir(parents=True)
    copy = pinned(open_repository(target), commit, tmp_path)
    assert {path.name for path in copies.iterdir()} == {copy.name, f".making-{os.getpid()}-x"}
    copy.rename(tmp_path / "elsewhere")
    copy.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotOurs, match="is a link"):
        pinned(open_repository(target), commit, tmp_path)


@pytest.mark.parametrize("shown", ["meta-t/ledger.db", "meta-t/inner/other", "meta-check", "."])
def test_no_job_sees_the_meta_campaign_or_its_other_inner_campaigns(tmp_path: Path, shown: str) -> None:
    """Its ledger knows all seeds to come; a target whose `readable` names some of it cannot be tried."""
    ours = tmp_path / "meta" / ".overnight"
    for folder in ("meta-t/inner/other", "meta-check"):
        (ours / folder).mkdir(parents=True)
    (ours / "meta-t/ledger.db").write_text("secret")
    target = make_target(tmp_path / "target")
    text = (target / "program.md").read_text().replace("limits:", f"readable: [{ours / shown}]\nlimits:")
    (target / "program.md").write_text(text)
    git(target, "commit", "-q", "-a", "-m", "curious")
    task = task_on(target, ours / "meta-t" / "inner" / "a" / "target", trials=4, sandbox="jail")
    result = anyio.run(run_inner, task, Halt())
    assert isinstance(result, InnerResult) and (result.progress, result.blame) == (None, Blame.TARGET)
    assert "readable[0]" in result.failure
