"""Why a command failed is read wherever a person or a researcher looks: not its last line, but the lines that say why."""

from pathlib import Path

from targets import git, make_repo, overnight, program, read_json, recorded

from overnight.research.events import Concluded, TrialFinished


def test_a_crash_is_told_to_people_and_to_the_next_researcher(tmp_path: Path) -> None:
    """A make target, a wrapper that says `Build failed`: the record, `show` and the next brief have the error itself."""
    wrapped = "sh run.sh {seed}"
    script = "python train.py $1 || { echo 'Build failed' >&2; exit 1; }\n"
    agent = (
        "import os, pathlib, re\n"
        "brief = pathlib.Path(os.environ['OVERNIGHT_BRIEF']).read_text()\n"
        "told = 'KeyError' in brief and 'shapes[name]' in brief\n"
        "line = 'OFFSET = 3.0' if told else 'OFFSET = 4.0\\nshapes = {}\\nname = \\'width\\'\\nshapes[name]'\n"
        "path = pathlib.Path('train.py')\n"
        "path.write_text(re.sub('OFFSET = .*', lambda _: line, path.read_text(), count=1))\n"
        "print('HYPOTHESIS: ' + ('as told' if told else 'untold'))\n"
    )
    text = program(measure=wrapped).replace(
        "    use: scripted\n    edits:\n", "    use: command\n    command: python agent.py\n"
    )
    repo = make_repo(tmp_path / "r", text, files={"run.sh": script, "agent.py": agent})
    overnight(repo, "run", "--tag", "t", "--no-report", "--experiments", "2")
    ended = {event.number: event.conclusion for event in recorded(repo) if isinstance(event, Concluded)}
    first, last = ended[1], ended[max(ended)]
    assert first.reason == "exit code 1: KeyError: 'width'" and last.verdict.value == "keep"
    assert "    shapes[name]" in first.excerpt and "Build failed" in first.excerpt
    shown = overnight(repo, "show", "1", check=0).stdout
    assert "Crashed: exit code 1: KeyError: 'width'." in shown and "|     shapes[name]" in shown
    assert read_json(repo, "show", "1")["experiment"]["conclusion"]["excerpt"] == list(first.excerpt)


def test_check_shows_the_lines_and_its_notes(tmp_path: Path) -> None:
    """One line says what failed; below it are the lines of the output, and what else the user should know."""
    repo = make_repo(
        tmp_path / "r", program(("1.0", "2.0"), measure="make bench"), files={"Makefile": "bench:\n\t@python train.py x\n"}
    )
    (repo / "train.py").write_text((repo / "train.py").read_text() + "# changed\n")
    said = overnight(repo, "check", check=2).stderr.splitlines()
    said = [line for line in said if line.startswith(("error:", "output:", "note:"))]
    assert said[0].startswith("error: what you have committed fails: exit code 2: ValueError: invalid literal for int()")
    assert 'output:   File "/trial/train.py", line 7, in <module>' in said
    assert said[-1].startswith("note: trials run what is committed: your uncommitted changes to train.py are left out")


SCORED = """\
---
metric: {name: loss, direction: minimize}
produce: python train.py
score: python score.py
artifacts: [answer.txt]
hidden: [labels.txt]
editable: [train.py]
limits: {wall: 10s, memory: 500MB}
researchers:
  - {role: script, use: scripted, edits: [[train.py, "1", "labels"]]}
---
"""
SCORE = """\
import pathlib
answer = pathlib.Path("answer.txt").read_text()
if answer != "1":
    print("labels: ", *pathlib.Path("labels.txt").read_text().split(), sep="\\n")
    raise ValueError("not a number: " + answer)
print("METRIC loss=1")
"""


def test_what_a_scorer_saw_is_not_quoted(tmp_path: Path) -> None:
    """It sees hidden files, and a candidate may make it print them: researchers get one line, as before."""
    files = {"score.py": SCORE, "labels.txt": "sealed-label-7\n"}
    repo = make_repo(tmp_path / "r", SCORED, files=files)
    (repo / "train.py").write_text("open('answer.txt', 'w').write('1')\n")
    git(repo, "commit", "-qam", "train")
    overnight(repo, "run", "--tag", "t", "--no-report")
    events = recorded(repo)
    (concluded,) = [event.conclusion for event in events if isinstance(event, Concluded)]
    assert (concluded.reason, concluded.excerpt) == ("exit code 1: ValueError: not a number: labels", ())
    assert not any(event.trial.excerpt for event in events if isinstance(event, TrialFinished))


def test_a_sealed_command_of_a_candidate_says_nothing(tmp_path: Path) -> None:
    """The lines of a holdout go nowhere, whatever the candidate prints there."""
    text = program(
        (
            "OFFSET = 5.0",
            "OFFSET = 3.0\nimport os\nif os.path.exists('sealed.txt'): raise ValueError(open('sealed.txt').read())",
        ),
        front="hidden: [sealed.txt]\nholdout: python train.py {seed}",
    )
    repo = make_repo(tmp_path / "r", text, files={"sealed.txt": "sealed-label-7\n"})
    overnight(repo, "run", "--tag", "t", "--no-report")
    said = [*recorded(repo)]
    assert "sealed-label" not in "".join(map(repr, (event for event in said if isinstance(event, Concluded | TrialFinished))))
    assert any(event.conclusion.verdict.value == "discard" for event in said if isinstance(event, Concluded))
