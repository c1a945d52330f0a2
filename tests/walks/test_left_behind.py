"""What agents leave beside their change costs neither the change nor the night."""

from collections.abc import Sequence
from pathlib import Path

from targets import git, make_repo, overnight, read_json, recorded

from overnight.research.ending import EndReason
from overnight.research.events import ProposalMissed, Stopped

RUN = ("run", "--tag", "t", "--plain", "--no-report", "--slots", "1")
MEASURE = "OFFSET = 5.0\nprint(f'METRIC loss={OFFSET}')\n"
AGENT = """\
printf 'told %s\\n' $(grep -c 'Left out of your last edit' "$OVERNIGHT_BRIEF") > said
sed -i "s/^OFFSET = .*/OFFSET = 4.$(date +%N)/" train.py
python3 train.py > run.log 2>&1
printf 'commit\\tloss\\nabc\\t1.0\\n' > results.tsv
mkdir -p wandb; echo y > wandb/debug.log; ln -s / latest; mkfifo queue
truncate -s 20G model.pt
echo thoughts > notes.md
(git init -q .; git add -A; git commit -qm 'try it') > git.log 2>&1
cat said; rm said
"""


def repository(folder: Path, script: str, more: Sequence[str] = ()) -> Path:
    """A repository whose researcher runs a script, with rules about its logs and checkpoints."""
    lines = ("{role: explorer, use: command, command: bash agent.sh", *more)
    text = (
        "---\nmetric: {name: loss, direction: minimize}\nmeasure: python3 train.py\neditable: [train.py]\n"
        f"limits: {{wall: 20s, memory: 500MB}}\nresearchers:\n  - {', '.join(lines)}}}\n---\n"
    )
    ignored = "results.tsv\n*.log\nwandb/\n*.pt\n"
    return make_repo(folder, text, files={"train.py": MEASURE, "agent.sh": script, ".gitignore": ignored})


def test_by_products_cost_nothing_and_are_said(tmp_path: Path) -> None:
    """Logs, caches, a checkpoint larger than any limit and notes are left out; the researcher reads of it once."""
    repo = repository(tmp_path / "r", AGENT)
    said = overnight(repo, *RUN, "--experiments", "3", check=0).stdout
    log = read_json(repo, "log", "--oldest-first")["experiments"]
    assert [experiment["conclusion"]["verdict"] for experiment in log].count("reject") == 0
    assert [experiment["hypothesis"] for experiment in log[:3]] == ["told 0", "told 1", "told 0"]
    left = "latest, notes.md, queue (outside `editable`); git.log, model.pt, results.tsv, run.log, wandb/ (ignored by git)"
    assert f"#1 proposed by explorer: told 0; left out: {left}\n" in said
    assert log[0]["by_products"]["count"] == 8
    assert f"left out of it: {left}\n" in overnight(repo, "show", "1", check=0).stdout
    assert git(repo, "diff", "--name-only", "main", "autoresearch/t") == "train.py"


def test_without_a_change_in_scope_it_is_empty_and_recorded_once(tmp_path: Path) -> None:
    """The reject says what was left out; the same again is no further experiment, and the campaign ends with a reason."""
    repo = repository(tmp_path / "r", "echo x > notes.md; echo again\n", ['patience: "1s"'])
    overnight(repo, *RUN, check=1)
    [only] = read_json(repo, "log", "--verdict", "reject")["experiments"]
    reason = "the proposal changes nothing; left out: notes.md (outside `editable`)"
    assert only["conclusion"]["reason"] == reason
    events = recorded(repo)
    again = [event.reason for event in events if isinstance(event, ProposalMissed) and not event.final]
    assert len(again) >= 9 and {*again} == {f"#1 again, which was rejected: {reason}"}
    assert isinstance(events[-1], Stopped) and events[-1].ending.reason is EndReason.NO_IDEAS
    assert overnight(repo, "log", "--verdict", "keep", check=0).stdout == "no experiment has the verdict keep\n"
