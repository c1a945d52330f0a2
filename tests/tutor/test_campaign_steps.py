"""Steps about a campaign, with what a real one says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from curricula import behind
from targets import copied, git, make_repo, overnight, program, read_json

from overnight.errors import UserError
from overnight.tutor.checking.checker import check_program
from overnight.tutor.form.places import own_curriculum
from overnight.tutor.record.record import LearnerRecord
from overnight.tutor.teaching.campaign import campaign_facts

EDITS = (("OFFSET = 5.0", "OFFSET = 4.0"), ("OFFSET = 4.0", "OFFSET = 4.5"))  # one is better, the next worse
LAST = ("microgpt", "reading-a-report")  # curricula whose last step is about a campaign


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a campaign on val_loss that kept one of two experiments, and its report."""
    text = program(*EDITS).replace("name: loss", "name: val_loss")
    made = make_repo(tmp_path_factory.mktemp("made") / "lab", text, noise=0.1)
    train = made / "train.py"
    train.write_text(train.read_text().replace("METRIC loss=", "METRIC val_loss="))
    git(made, "commit", "-qam", "Name the metric")
    overnight(made, "run", "--experiments", "2", check=0)
    return made


@pytest.fixture(scope="module")
def facts(repo: Path) -> dict[str, Any]:
    """What the tutor says of it."""
    found: dict[str, Any] = json.loads(campaign_facts([repo.parent, repo]).text)  # the first folder has none
    return found


def test_the_facts_are_those_of_status_and_report(repo: Path, facts: dict[str, Any]) -> None:
    """They agree with what the learner reads; every key that docs/curriculum.md promises is there."""
    status = read_json(repo, "status")
    assert {name: facts[name] for name in ("experiments", "kept", "crashed", "direction", "metric")} == {
        "experiments": 2,
        "kept": 1,
        "crashed": 0,
        "direction": "minimize",
        "metric": "val_loss",
    }
    assert (facts["tag"], facts["head"], facts["ended"]) == (status["tag"], status["head_value"], status["stopped"])
    assert (facts["state"], facts["report"], facts["rejected"]) == ("stopped", True, 1)
    assert facts["gain"] == facts["first_keep"]["gain"] == status["keeps"][0]["gain"]
    said = re.search(r"- e-value, required: ([\d,]+), ([\d,]+)", (Path(status["folder"]) / "report.md").read_text())
    assert said is not None
    assert [float(each.replace(",", "")) for each in said.groups()] == pytest.approx(
        [facts["first_keep"][name] for name in ("e", "required")], abs=0.51
    )
    for name in LAST:
        example = json.loads(own_curriculum(name).steps[-1].campaign)
        assert example.keys() == facts.keys()
        assert example["first_keep"].keys() == facts["first_keep"].keys()


@pytest.mark.parametrize("name", LAST)
def test_the_last_step_passes_with_what_the_report_says(name: str, facts: dict[str, Any]) -> None:
    """The numbers of this campaign pass; those of another one fail, by the checks that ask for them."""
    curriculum = own_curriculum(name)
    step, first = curriculum.steps[-1], facts["first_keep"]
    assert step.is_campaign
    right = {"EXPERIMENTS": 2, "KEPT": 1, "HEAD": facts["head"], "E": round(first["e"]), "REQUIRED": round(first["required"])}
    program = step.solution
    for constant, value in right.items():
        program = re.sub(rf"^{constant} = \S+", f"{constant} = {value}", program, flags=re.MULTILINE)
    found = check_program(curriculum, step, program, json.dumps(facts))
    assert [each.why for each in found.lines if not each.passed] == []
    failed = {each.name for each in check_program(curriculum, step, step.solution, json.dumps(facts)).lines if not each.passed}
    assert {"check_experiments", "check_kept"} <= failed <= {"check_experiments", "check_kept", "check_head", "check_e"}


@pytest.mark.parametrize(("lack", "why"), [("first_keep", "this campaign kept nothing"), ("e", "has no noise")])
def test_a_campaign_without_evidence_does_not_do(lack: str, why: str, facts: dict[str, Any]) -> None:
    """The step about e-values says what the campaign lacks, and None passes nothing."""
    curriculum = own_curriculum("reading-a-report")
    step = curriculum.steps[-1]
    program = re.sub(r"^(E|REQUIRED) = \S+", r"\1 = None", step.solution, flags=re.MULTILINE)
    first = None if lack == "first_keep" else {**facts["first_keep"], "e": None, "required": None}
    found = check_program(curriculum, step, program, json.dumps({**facts, "first_keep": first}))
    assert why in next(each.why for each in found.lines if each.name == "check_e")


def test_the_campaign_is_the_one_here_else_the_one_in_lab(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the program is; the learner reads which one it was."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    here, other = copied(repo, tmp_path / "here"), copied(repo, tmp_path / "files" / "lab")
    curriculum = own_curriculum("reading-a-report")
    overnight(tmp_path, "learn", "start", "reading-a-report", "--folder", "files", check=0)
    with LearnerRecord("owner") as record:
        for step in curriculum.steps[:-1]:
            record.append(*behind("reading-a-report", step.id))
    overnight(tmp_path, "learn", "predict", "1", check=0)
    (tmp_path / "mine.py").write_text(curriculum.steps[-1].solution)
    for place in (tmp_path, tmp_path / "files", here, other):
        found = json.loads(overnight(place, "learn", "check", "--json", str(tmp_path / "mine.py"), check=1).stdout)
        assert Path(found["campaign"]).parent.parent == (here if place == here else other)


def test_without_a_campaign_the_fix_is_named(tmp_path: Path) -> None:
    """A learner who has none is told how to begin one."""
    with pytest.raises(UserError, match="this step is about a campaign of yours, and there is none") as caught:
        campaign_facts([tmp_path])
    assert "overnight run" in str(caught.value)
