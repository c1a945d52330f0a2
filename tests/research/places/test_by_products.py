"""By-products of a researcher: what git ignores and what `editable` does not cover is left out, unread and named."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from memory_history import MemoryHistory, repository

from overnight.program.program import Direction, Metric, Program
from overnight.research.experiment import ByProducts
from overnight.research.places import workspace
from overnight.research.places.port import Collected, View
from overnight.research.places.work_folders import WorkFolders

FILES = {
    ".gitignore": "*.log\nwandb/\n/results.tsv\n!keep.log\n",
    "sub/.gitignore": "*.bin\n",
    "sub/a.py": "a\n",
    "train.py": "rate = 1\n",
    "data.log": "committed\n",
    "secret/x.csv": "1\n",
}
TRILLION = 1 << 40


class Work:
    """A workspace of a commit with these files, for a program with these scopes."""

    def __init__(self, place: Path, *, editable: Sequence[str] = ("train.py",), inputs: Sequence[str] = ()) -> None:
        history = MemoryHistory(repository({path: text.encode() for path, text in FILES.items()}))
        metric = Metric(name="x", direction=Direction.MINIMIZE)
        program = Program(path="program.md", metric=metric, editable=tuple(editable), hidden=("secret/",), inputs=tuple(inputs))
        self._workspaces, self._start = WorkFolders(place / "work", history, program), history.resolve_start()
        self.folder = self._workspaces.create(self._start, View.OPEN)

    def write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)

    def collected(self) -> Collected:
        return self._workspaces.collect(self.folder, self._start)


def paths(found: Collected) -> list[str]:
    return [change.path for change in found.changes]


def test_what_git_ignores_is_dropped(tmp_path: Path) -> None:
    """Logs, results and caches beside a change: it is taken without them, and a folder counts once."""
    work = Work(tmp_path, editable=["**"])
    work.write(
        {"train.py": "rate = 2\n", "run.log": "", "sub/wandb/run/1": "", "sub/m.bin": "", "results.tsv": "", "keep.log": ""}
    )
    found = work.collected()
    assert (paths(found), found.problems) == (["keep.log", "train.py"], [])
    assert found.by_products == ByProducts(count=4, ignored=("results.tsv", "run.log", "sub/m.bin", "sub/wandb/"))
    assert str(found.by_products) == "results.tsv, run.log, sub/m.bin, sub/wandb/ (ignored by git)"


def test_what_is_outside_editable_is_left_out(tmp_path: Path) -> None:
    """The same for new files that git does not ignore, and both kinds are told apart."""
    work = Work(tmp_path)
    work.write({"train.py": "rate = 2\n", "notes.md": "", "plots/a/b.png": "", "run.log": ""})
    found = work.collected()
    assert (paths(found), found.problems) == (["train.py"], [])
    assert str(found.by_products) == "notes.md, plots/ (outside `editable`); run.log (ignored by git)"


def test_nothing_of_them_is_read_or_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints of a terabyte, links, pipes and folders without permission or with many files are no problem."""
    work = Work(tmp_path)
    work.write({"train.py": "rate = 2\n", **{f"wandb/{number}": "" for number in range(60)}, "locked/x": ""})
    for name in ("last.log", "model.pt"):
        with (work.folder / name).open("wb") as file:
            file.truncate(TRILLION)
    (work.folder / "link").symlink_to("/")
    os.mkfifo(work.folder / "pipe")
    (work.folder / "locked").chmod(0)
    monkeypatch.setattr(workspace, "MAX_CHANGED_FILES", 50)
    found = work.collected()
    assert (paths(found), found.problems) == (["train.py"], [])
    assert (found.by_products.ignored, found.by_products.count) == (("last.log", "wandb/"), 6)


def test_the_walk_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a glob could cover files anywhere, folders are walked for them, up to a limit that is a problem with a reason."""
    work = Work(tmp_path, editable=["**/*.py"])
    work.write({f"plots/{number}.png": "" for number in range(60)})
    monkeypatch.setattr(workspace, "MAX_BY_PRODUCTS", 50)
    assert work.collected().problems == ["more than 50 new files and folders that are no part of a proposal"]


def test_files_of_the_commit_stay_changes(tmp_path: Path) -> None:
    """Frozen ones too, also if git would ignore them, and its rules themselves."""
    work = Work(tmp_path)
    work.write({"data.log": "other\n", ".gitignore": "*\n"})
    (work.folder / "sub/a.py").unlink()
    assert paths(work.collected()) == [".gitignore", "data.log", "sub/a.py"]


def test_rules_of_the_researcher_do_not_count(tmp_path: Path) -> None:
    """New rule files, and those of a repository that it makes in the workspace."""
    work = Work(tmp_path, editable=["sub/", "train.py"])
    work.write({"sub/deep/.gitignore": "*\n", "sub/deep/x.py": "", ".git/info/exclude": "sub/deep/\n"})
    found = work.collected()
    assert (paths(found), found.by_products) == (["sub/deep/.gitignore", "sub/deep/x.py"], ByProducts())


@pytest.mark.parametrize("editable", ["results.tsv", "wandb/", "wandb/*.json", "wandb/**/*.json"])
def test_what_editable_names_in_spite_of_git_is_taken(tmp_path: Path, editable: str) -> None:
    """A glob that begins with something that git ignores says that its files are wanted."""
    work = Work(tmp_path, editable=[editable])
    work.write({"results.tsv": "", "wandb/a.json": "", "wandb/x.log": "", "y.log": ""})
    taken = {"results.tsv": ["results.tsv"], "wandb/": ["wandb/a.json", "wandb/x.log"]}
    assert paths(work.collected()) == taken.get(editable, ["wandb/a.json"])


def test_inputs_that_a_researcher_made_are_left_out(tmp_path: Path) -> None:
    """It may try its change on them, and each trial makes its own: they are counted and not worth a word."""
    work = Work(tmp_path, editable=["**"], inputs=["in/data.json"])
    work.write({"train.py": "rate = 2\n", "in/data.json": "{}", "in/more.py": ""})
    found = work.collected()
    assert (paths(found), found.by_products, str(found.by_products)) == (["in/more.py", "train.py"], ByProducts(count=1), "")


def test_places_of_the_repository_are_not_left_out(tmp_path: Path) -> None:
    """Something at a hidden file, and a folder or link in the place of a frozen file: the proposal is refused as before."""
    work = Work(tmp_path)
    work.write({"secret/x.csv": "2\n"})
    (work.folder / "data.log").unlink()
    work.write({"data.log/x": ""})
    (work.folder / "sub/a.py").unlink()
    (work.folder / "sub/a.py").symlink_to("/")
    found = work.collected()
    assert paths(found) == ["data.log", "data.log/x"]
    assert sorted(problem.split()[0] for problem in found.problems) == ["secret/x.csv", "sub/a.py"]


def test_odd_names_are_left_out_and_shown(tmp_path: Path) -> None:
    """Names with control characters, broken UTF-8, git's own words, or that differ by letter case only."""
    work = Work(tmp_path)
    work.write({":(top)x.log": "", "\x1b[31m.log": "", "-n": "", "TRAIN.PY": "", "lib/.git/config": ""})
    (work.folder / os.fsdecode(b"\xff")).write_text("")
    found = work.collected()
    assert (paths(found), found.problems, found.by_products.count) == ([], [], 6)
    assert found.by_products.ignored == (":(top)x.log", "\\x1b[31m.log") and str(found.by_products).isprintable()


def test_an_empty_folder_is_nothing(tmp_path: Path) -> None:
    """Git has none either, so it is not worth a word."""
    work = Work(tmp_path)
    (work.folder / "empty").mkdir()
    assert work.collected() == Collected(changes=[], problems=[])
