"""`overnight meta init` writes a meta.md that is in order, and never over one."""

import json
from pathlib import Path

import pytest
from targets import make_repo, overnight, program

from overnight.errors import UserError
from overnight.git.repository import Repository, open_repository
from overnight.meta.parsing import parse_charter
from overnight.meta.preconditions import check_organisation, check_targets
from overnight.meta.setup import propose
from overnight.meta.wiring import read_charter
from overnight.research.researchers.way import Way

PROGRAM = program(("OFFSET = 5.0", "OFFSET = 3.0"), front="  - {role: hand, use: command, command: 'a \"b\"', count: 3}")


def way(name: str, write: str, *, ready: bool = True) -> Way:
    return Way(name=name, use=name, ready=ready, detail="", fix="", write=write)


WAYS = [
    way("tuner", "{role: tuner, use: tuner}"),
    way("agent", "{role: explorer, use: agent}"),
    way("editor", "{role: explorer, use: editor, model: NAME}"),
    way("hand", "{role: explorer, use: command, template: claude}"),
    way("acp:x y", '{role: explorer, use: acp, command: "x y"}'),
    way("codex", "{role: explorer, use: command, template: codex}", ready=False),
    way("mine", "{role: explorer, use: command, command: 'a \"b\"'}"),
]


_ALONE = (
    "---",
    "metric: {name: loss, direction: minimize}",
    "measure: python train.py {seed}",
    "editable: [train.py]",
    "---",
    "",
)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return open_repository(make_repo(tmp_path / "repo", PROGRAM))


def test_what_is_proposed_is_in_order(repo: Repository) -> None:
    """The researchers of the program, each once, and those that are ready here, under names of their own."""
    proposal = propose(repo, WAYS)
    charter = parse_charter(proposal.text, "meta.md")
    assert [spec.role for spec in charter.allowed] == ["script", "hand", "tuner", "agent", "hand-2", "acp-x-y"]
    assert {spec.count for spec in charter.allowed} == {1}
    assert charter.inner.tokens and charter.budget.cost_usd, "models are asked, so they have limits"
    assert [spec.role for spec in charter.researchers] == ["tuner", "organiser"]
    check_organisation(charter, PROGRAM)
    assert proposal.notes == () and not Path(proposal.path).exists()


def test_with_one_researcher_it_is_said_that_little_is_left_to_choose(tmp_path: Path) -> None:
    """With the key where others are added; a session would end after a few proposals."""
    repo = open_repository(make_repo(tmp_path / "alone", "\n".join(_ALONE)))
    (note,) = propose(repo, WAYS[:1]).notes
    assert "little is left to choose" in note and "`allowed_researchers`" in note


def test_it_is_written_once(repo: Repository) -> None:
    """With --yes, or as JSON without writing; the next time it is refused, also if a link to nowhere is in its place."""
    shown = json.loads(overnight(repo.toplevel, "meta", "init", "--json", check=0).stdout)
    assert not shown["written"] and not (repo.toplevel / "meta.md").exists()
    refused = overnight(repo.toplevel, "meta", "init", check=2)
    assert "nothing was written: there is no terminal" in refused.stderr
    done = overnight(repo.toplevel, "meta", "init", "--yes", check=0)
    assert (repo.toplevel / "meta.md").read_text() in done.stdout and "then run `overnight meta check`" in done.stdout
    read_charter(repo)
    assert "there is a meta.md already" in overnight(repo.toplevel, "meta", "init", "--yes", check=2).stderr
    (repo.toplevel / "meta.md").unlink()
    (repo.toplevel / "meta.md").symlink_to("nowhere")
    assert "there is a meta.md already" in overnight(repo.toplevel, "meta", "init", "--yes", check=2).stderr


def test_without_a_program_there_is_nothing_to_improve(repo: Repository) -> None:
    """It says what comes first."""
    (repo.toplevel / "program.md").unlink()
    with pytest.raises(UserError, match="write it first, with `overnight init`"):
        propose(repo, [])


def test_targets_must_be_there(repo: Repository, tmp_path: Path) -> None:
    """Each is a repository with a program without mistakes; a mistake has the line in meta.md."""
    other = make_repo(tmp_path / "other", PROGRAM)
    (tmp_path / "folder").mkdir()
    (tmp_path / "twin").symlink_to(other)
    front = "targets: [{}]\nholdout: [{}]\ninner: {{trials: 50}}\nallowed_researchers: [{{role: tuner, use: tuner}}]\n"

    def refusal(target: str, sealed: str = "lab:plant") -> str:
        (repo.toplevel / "meta.md").write_text(f"---\n{front.format(target, sealed)}---\n")
        try:
            check_targets(read_charter(repo), repo)
        except UserError as error:
            return str(error)
        return ""

    assert refusal("../other") == refusal(str(other)) == ""
    assert "meta.md:2: targets[0]: there is no folder" in refusal("../none")
    assert "meta.md:2: targets[0]: " in refusal("../folder")
    assert "meta.md:3: holdout[0]: is also targets[0], so it would not be sealed" in refusal("../other", "../twin")
    (other / "program.md").write_text(PROGRAM.replace("measure", "mesure"))
    assert "the program of other has a mistake" in refusal("../other")
    (other / "program.md").unlink()
    (other / "program.md").symlink_to("train.py")
    assert "has no program.md that can be read" in refusal("../other")


def test_the_own_researchers_are_among_the_allowed_ones() -> None:
    """Else the first organisation could not be proposed; the line is that of program.md."""
    text = "---\ntargets: [lab:plant]\ninner: {trials: 50}\nallowed_researchers: [{role: tuner, use: tuner}]\n---\n"
    with pytest.raises(UserError, match=r"program\.md:\d+: researchers\[0\]: researcher `script` is none of"):
        check_organisation(parse_charter(text, "meta.md"), PROGRAM)
