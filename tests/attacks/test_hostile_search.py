"""What a search may not touch: the files of a search trial follow the rules of a proposal."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from searcher import Searcher
from searches import repo_of, run, searched
from targets import git

from overnight.research.events import TrialFinished
from overnight.research.experiment import Draft
from overnight.research.researchers.port import Assignment, NoIdeas

HOSTILE: tuple[tuple[Mapping[str, bytes], str], ...] = (
    ({"../escaped.py": b"x = 1\n"}, "`../escaped.py` is no file of the head"),
    ({"/tmp/escaped.py": b"x = 1\n"}, "`/tmp/escaped.py` is no file of the head"),
    ({"train.py/x": b"x = 1\n"}, "`train.py/x` is no file of the head"),
    ({"link.py": b"x = 1\n"}, "`link.py` is no file of the head"),
    ({"linked/x.py": b"x = 1\n"}, "`linked/x.py` is no file of the head"),
    ({".git/config": b"x = 1\n"}, "`.git/config` is no file of the head"),
    ({"new\n\x1b[31m.py": b"x = 1\n"}, "`new\\n\\x1b[31m.py` is no file of the head"),
    ({"\udcff.py": b"x = 1\n"}, "is no file of the head"),
    ({"": b"x = 1\n"}, "`` is no file of the head"),
    ({"program.md": b"---\n"}, "`program.md` is the program itself"),
    ({"hidden.txt": b"x\n"}, "`hidden.txt` is hidden"),
    ({"other.py": b"x = 2\n"}, "`other.py` is not editable"),
    ({"train.py": b"#" * 1_000_001}, "has more than 1,000,000 bytes"),
    ({"train.py": b"OFFSET = 1.0\n", "other.py": b"x = 2\n"}, "`other.py` is not editable"),
)


FLOOD = """\
import sys
OFFSET = 5.0
print(f"METRIC cost={OFFSET}")
print("\\n".join(f"METRIC x{sys.argv[1]}_{i}=1" for i in range(20_000)))
print("y" * 1_000_000)
print(f"METRIC loss={OFFSET}")
"""


class Hostile(Searcher):
    """Asks for what it may not have."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Ask for each."""
        assert assignment.search is not None
        for files, _ in HOSTILE:
            self.found.append(await assignment.search.measure(files, {}))
        self.found.append(await assignment.search.measure({}, {"asked": "the head itself"}))
        same = (assignment.workspace / "train.py").read_bytes()
        self.found.append(await assignment.search.measure({"train.py": same}, {}))
        raise NoIdeas("it has asked")


def test_what_no_proposal_may_change_no_search_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the reason for a value, nothing runs, and nothing is written; the head itself may be measured."""
    repo = repo_of(tmp_path / "repo", front="hidden: [hidden.txt]", files={"hidden.txt": "secret\n", "other.py": "x = 1\n"})
    outside = tmp_path / "outside.py"
    outside.write_text("mine\n")
    (repo / "link.py").symlink_to(outside)
    (tmp_path / "folder").mkdir()
    (repo / "linked").symlink_to(tmp_path / "folder")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "links")
    before = {path.name for path in tmp_path.iterdir()}
    researcher = Hostile(offsets=())
    events = run(repo, monkeypatch, researcher)
    refused, measured = researcher.found[: len(HOSTILE)], researcher.found[len(HOSTILE) :]
    for trial, (_, why) in zip(refused, HOSTILE, strict=True):
        assert trial.value is None and why in trial.reason and trial.reason.isprintable(), trial
    assert [trial.value for trial in measured] == [5.0, 5.0]
    assert len(searched(events)) == 2
    assert outside.read_text() == "mine\n" and {path.name for path in tmp_path.iterdir()} == before
    assert list((tmp_path / "folder").iterdir()) == []


def test_no_output_of_a_search_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be thousands of search trials: none leaves what it printed, nor metrics that nobody asked for."""
    repo = repo_of(tmp_path / "repo", front="guards: [cost >= 1]", files={"train.py": FLOOD})
    events = run(repo, monkeypatch, Searcher(offsets=(6.0, 4.0)))
    trials = [event.trial for event in searched(events)]
    assert [(trial.log, set(trial.metrics)) for trial in trials] == [("", {"loss", "cost"})] * 2
    assert any(event.trial.log for event in events if isinstance(event, TrialFinished))
