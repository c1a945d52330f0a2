"""What counts as the result of an inner campaign: its ledger, whatever became of files; and what fails in an audit."""

import json
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from inner_campaigns import counting, make_target, task_on
from targets import git

from overnight.errors import OvernightError
from overnight.files.own import NotOurs
from overnight.meta.ended import ended
from overnight.meta.inner import Halt, run_inner
from overnight.meta.record import RESULT, finished
from overnight.meta.task import Blame, InnerResult, InnerTask

FAIR = InnerResult(progress=1.0, trials=3)


def run(task: InnerTask) -> InnerResult:
    result = anyio.run(run_inner, task, Halt())
    assert result is not None
    return result


RUBBISH = {
    "no JSON": "rubbish",
    "a list": "[]",
    "another key": json.dumps({**json.loads(FAIR.text()), "seed": 1}),
    "no progress": json.dumps({"trials": 3}),
    "words": FAIR.text().replace("1.0", '"1.0"'),
    "no number": FAIR.text().replace("1.0", "NaN"),
    "infinite": FAIR.text().replace("1.0", "Infinity"),
    "nobody to blame": FAIR.text().replace("1.0", "null"),
    "a progress and somebody to blame": replace(FAIR, blame=Blame.TARGET).text(),
    "nobody's blame": replace(FAIR, progress=None, blame="me").text(),
    "a negative cost": replace(FAIR, cost_usd=-5.0).text(),
    "roles of words": FAIR.text().replace('"by_role": {}', '"by_role": {"a": "b"}'),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_no_result(tmp_path: Path, name: str) -> None:
    """Neither from a pipe nor from a file."""
    with pytest.raises(ValueError, match=r"."):
        InnerResult.parse(RUBBISH[name])
    (tmp_path / RESULT).write_text(RUBBISH[name])
    assert finished(tmp_path) is None
    assert InnerResult.parse(FAIR.text()) == FAIR


def test_a_result_on_disk_is_a_copy_of_what_the_ledger_says(tmp_path: Path) -> None:
    """Changed, damaged or deleted, it is read again from the ledger, and nothing runs again; a changed ledger is refused."""
    log = tmp_path / "log"
    target = make_target(tmp_path / "target", measure=counting(log))
    task = task_on(target, tmp_path / "inner" / "a" / "target")
    folder, whole = Path(task.folder), run(task)
    ran = log.read_text()
    for damage in (replace(whole, progress=99.0, ledger="").text(), "rubbish", ""):
        (folder / RESULT).write_text(damage)
        assert run(task) == replace(whole, cpu_s=finished(folder).cpu_s)  # type: ignore[union-attr]  # it is written again
    (folder / RESULT).unlink()
    again = ended(folder)
    assert again == replace(whole, cpu_s=0.0) == finished(folder) and log.read_text() == ran
    (folder / RESULT).unlink()
    (folder / RESULT).symlink_to(tmp_path / "elsewhere.json")
    (tmp_path / "elsewhere.json").write_text(FAIR.text())
    with pytest.raises(NotOurs, match=r"link|regular"):
        run(task)
    (folder / RESULT).unlink()
    content = (folder / "ledger.db").read_bytes()
    (folder / "ledger.db").write_bytes(content.replace(b'"wall_s":', b'"wall_t":'))
    with pytest.raises(OvernightError):
        run(task)


def test_a_target_brings_no_record_with_it(tmp_path: Path) -> None:
    """Committed in the target, the ledger of a campaign that ran elsewhere would be taken for this one's."""
    target = make_target(tmp_path / "target")
    task = task_on(target, tmp_path / "inner" / "a" / "target", trials=12)
    run(task)
    forged = target / ".overnight" / "inner" / "ledger.db"
    forged.parent.mkdir(parents=True)
    forged.write_bytes((Path(task.folder) / "ledger.db").read_bytes())
    git(target, "add", "-f", ".overnight")
    git(target, "commit", "-q", "-m", "a record")
    result = run(task_on(target, tmp_path / "inner" / "b" / "target", trials=12))
    assert (result.progress, result.blame) == (None, Blame.TARGET)
    assert "must not come with a clone" in result.failure


def audited(folder: Path, fails_if: str) -> InnerTask:
    """An inner campaign that keeps something, and whose audit fails under a condition."""
    target = make_target(folder / "target")
    text = (target / "program.md").read_text().replace("editable:", f"audit: {fails_if} && python train.py {{seed}}\neditable:")
    (target / "program.md").write_text(text)
    git(target, "commit", "-q", "-a", "-m", "an audit")
    return task_on(target, folder / "inner" / "a" / "target")


def test_what_was_kept_and_fails_in_the_audit_is_no_gain_of_nothing(tmp_path: Path) -> None:
    """It would be better than a loss; the organisation fails, for good."""
    task = audited(tmp_path, "test -z \"$(grep 'OFFSET = 3.0' train.py)\"")
    result = run(task)
    assert (result.progress, result.blame, result.kept) == (None, Blame.ORGANISATION, 1)
    assert "what was kept could not be audited" in result.failure
    assert run(task).failure == result.failure


def test_a_target_whose_start_fails_in_the_audit_says_nothing_about_an_organisation(tmp_path: Path) -> None:
    """The session ends with the reason; the audit is run again after that."""
    there = tmp_path / "there"
    task = audited(tmp_path, f"test -e {there}")
    result = run(task)
    assert (result.progress, result.blame) == (None, Blame.TARGET)
    assert finished(Path(task.folder)) is None
    there.touch()
    again = run(task)
    assert again.progress == pytest.approx(2.0, abs=0.3) and again.trials == result.trials
