"""Attacks on a meta-campaign through files: what a proposal leaves in its folder, and what a target has for a program."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from targets import git, make_repo

from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.meta.composition import program_text
from overnight.meta.noise import Noise, TargetNoise
from overnight.meta.organisation import objections
from overnight.meta.parsing import parse_charter
from overnight.meta.targets import commit_program, own_program
from overnight.meta.wiring import meta_kind
from overnight.meta.workers import Workers
from overnight.program.parser import parse_program
from overnight.research.changes.scope import check_scope
from overnight.research.places.port import View
from overnight.research.places.work_folders import WorkFolders

CHARTER = "---\ntargets: [.]\ninner: {trials: 50}\nallowed_researchers: [{role: tuner, use: tuner}]\n---\n"
PROGRAM = "---\nmetric: loss\nmeasure: python train.py 1\neditable: [train.py]\nhidden: [answers/]\n---\n# Words\n"
FILES = {"meta.md": CHARTER, "other.md": PROGRAM, "answers/labels.txt": "1 2 3"}
SPREAD = TargetNoise(mean=0.0, spread=1.0, nothing=0.0, campaigns=8, trials=50.0, elapsed_s=1.0, tokens=0.0, cost_usd=0.0)

Attack = Callable[[Path], object]


@pytest.fixture
def tried(tmp_path: Path) -> Iterator[Callable[[Attack], str]]:
    """What is said against what an attack leaves in the folder of a proposal."""
    repo = open_repository(make_repo(tmp_path / "repo", PROGRAM, files=FILES))
    charter = parse_charter(CHARTER, "meta.md")
    program = parse_program(program_text(charter, {"here": 1.0}, hidden=("answers/",)), "meta.md")
    with closing(GitHistory(repo)) as history:
        start = history.resolve_start()
        places = WorkFolders(tmp_path / "work", history, program)
        modes = {file.path: file.executable for file in history.files(start)}

        def said(attack: Attack) -> str:
            folder = places.create(start, View.OPEN)
            assert not (folder / "answers").exists(), "who proposes organisations sees nothing hidden"
            attack(folder)
            found = places.collect(folder, start)
            before = history.read_files(start, [change.path for change in found.changes if change.path in modes])
            wrong = check_scope(found.changes, before=before, executable=modes, program=program)
            return "\n".join([*found.problems, *(wrong or objections(charter, found.changes, before))])

        yield said


def put(name: str, text: str) -> Attack:
    """Write a file, in the place of what is there."""

    def attack(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return attack


def link(target: str) -> Attack:
    """Put a link in the place of the organisation."""

    def attack(folder: Path) -> None:
        (folder / "program.md").unlink()
        (folder / "program.md").symlink_to(target)

    return attack


def nest(folder: Path) -> None:
    """Put a folder in the place of the organisation."""
    (folder / "program.md").unlink()
    put("program.md/x", "y")(folder)


ATTACKS: dict[str, Attack] = {
    "removed": lambda folder: (folder / "program.md").unlink(),
    "renamed": lambda folder: (folder / "program.md").rename(folder / "program2.md"),
    "another mode": lambda folder: (folder / "program.md").chmod(0o755),
    "a link to another file": link("other.md"),
    "a link out": link("/etc/passwd"),
    "a folder": nest,
    "the charter": put("meta.md", CHARTER.replace("50", "5000")),
    "the charter removed": lambda folder: (folder / "meta.md").unlink(),
    "the measured file": put("train.py", "print('METRIC loss=0')"),
    "another spelling": put("Program.md", PROGRAM),
    "a hidden file": put("answers/labels.txt", "0"),
    "git settings": put(".gitattributes", "* filter=x"),
    "a queue of ideas": put(".overnight/ideas.md", "- [ ] x"),
    "nothing": lambda folder: folder,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_only_the_text_of_one_file_is_taken(tried: Callable[[Attack], str], name: str) -> None:
    """No other file, no link, no mode; what is in git's or our own folders counts as nothing."""
    assert tried(ATTACKS[name])


def test_an_honest_proposal_passes(tried: Callable[[Attack], str]) -> None:
    """So that what is refused above is refused for its own sake."""
    assert tried(put("program.md", f"{PROGRAM}\nSmall steps first.\n")) == ""


def test_a_target_whose_program_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    """A commit can hold a link to any file of the user's; it is neither read nor written."""
    outside = tmp_path / "outside.md"
    outside.write_text(PROGRAM)
    repo = make_repo(tmp_path / "target", PROGRAM)
    (repo / "program.md").unlink()
    (repo / "program.md").symlink_to(outside)
    git(repo, "commit", "-q", "-a", "-m", "a link")
    for attempt in (own_program, lambda folder: commit_program(folder, "new")):
        with pytest.raises(UserError, match=r"program\.md in the target's commit cannot be read: .*link"):
            attempt(repo)
    assert outside.read_text() == PROGRAM


def test_a_meta_campaign_hides_what_the_repository_hides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an organiser could read the sealed answers of the target `.` and write them into the text."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo = open_repository(make_repo(tmp_path / "repo", PROGRAM, files=FILES))
    repo.exclude_overnight()
    kind = meta_kind(parse_charter(CHARTER, "meta.md"), Noise(basis="", targets={"here": SPREAD}), repo, Workers())
    assert kind.rewritten
    assert kind.program(repo).hidden == parse_program(kind.rewritten(CHARTER), "meta.md").hidden == ("answers/",)
    more = CHARTER.replace(
        "[{role: tuner, use: tuner}]", "[{role: tuner, use: tuner}, {role: evil, use: command, command: evil}]"
    )
    assert "evil" not in kind.rewritten(more), "who is allowed is that of the session, which is what proposals are held against"
