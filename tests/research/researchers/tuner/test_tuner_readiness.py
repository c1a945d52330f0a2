"""The tuner says before anything is measured that it cannot work, and never goes on without checks that failed."""

from pathlib import Path

import pytest
from targets import make_repo, overnight

from overnight.program.parser import parse_program
from overnight.program.writer import FrontMatterEntry, lacks_failed_checks, render_front_matter
from overnight.research.researchers.tuner.readiness import hindrance
from overnight.research.researchers.tuner.target import read_target

ENTRIES = [
    FrontMatterEntry(key="metric", value={"name": "loss", "direction": "minimize"}),
    FrontMatterEntry(key="measure", value="python train.py {seed}"),
    FrontMatterEntry(key="checks", value=["pytest -q"], reason="there are tests", fails="pytest -q: exit code 1\nchecks: []"),
    FrontMatterEntry(key="editable", value=["train.py"]),
]
DROPPED = render_front_matter(ENTRIES)


@pytest.mark.parametrize(
    ("front", "lacks"),
    [
        (DROPPED, True),
        (DROPPED.replace("editable:", "checks: []\neditable:"), False),
        (DROPPED.replace("editable:", "checks: [python -m compileall .]\neditable:"), False),
        (DROPPED.replace("# checks:", "checks:"), False),
        ("\n".join(line for line in DROPPED.splitlines() if "checks" not in line) + "\n", False),
        (render_front_matter([entry for entry in ENTRIES if entry.key != "checks"]), False),
        (DROPPED.split("# Left")[0] + "---\n# Left out because it was tried and failed: x\n# checks: [a]\n", False),
    ],
)
def test_a_person_decides_about_checks_that_were_left_out(front: str, lacks: bool) -> None:
    """Only the comment that `init` writes, without any word on checks since, counts as left out."""
    assert lacks_failed_checks(parse_program(front, "program.md")) is lacks


def test_the_tuner_waits_for_that_decision(tmp_path: Path) -> None:
    """With values to tune it still says what is missing, and how to go on."""
    (tmp_path / "train.py").write_text("RATE = 0.1\n")
    program = parse_program(DROPPED, "program.md")
    hindered = hindrance(program, read_target(tmp_path, program, {}))
    assert hindered is not None
    assert "left out `checks` that failed" in hindered.why
    assert "`checks: []`" in hindered.fix
    decided = parse_program(DROPPED.replace("editable:", "checks: []\neditable:"), "program.md")
    assert hindrance(decided, read_target(tmp_path, decided, {})) is None


@pytest.mark.parametrize("text", [DROPPED, DROPPED.replace("# checks:", "#").replace("train.py]", "notes.txt]")])
def test_a_run_of_the_tuner_alone_ends_before_the_baseline(tmp_path: Path, text: str) -> None:
    """One line with the fix, exit code 2, no trial."""
    repo = make_repo(tmp_path / "r", text, files={"notes.txt": "nothing"})
    done = overnight(repo, "run", "--plain", "--no-report", check=2)
    assert "baseline trial" not in done.stdout + done.stderr
    assert "left out `checks`" in done.stderr or "found nothing to tune: it looked for constants" in done.stderr
    assert "checks: []" in done.stderr or "name files with such values in `editable`" in done.stderr


def test_another_researcher_goes_on_and_a_note_is_shown(tmp_path: Path) -> None:
    """With other researchers the campaign runs, and a note says what the tuner lacks."""
    researchers = "researchers: [{role: t, use: tuner}, {role: s, use: scripted, edits: [[train.py, '5.0', '4.0']]}]\n"
    repo = make_repo(tmp_path / "r", DROPPED.replace("editable:", f"{researchers}editable:"))
    done = overnight(repo, "run", "--plain", "--no-report", check=0)
    assert "left out `checks` that failed" in done.stderr
    assert "proposed by s:" in done.stdout
    assert "proposed by t:" not in done.stdout
