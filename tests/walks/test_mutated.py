"""Whole campaigns of the mutator alone, in the jail."""

from pathlib import Path

from targets import assert_verified, git, make_repo, overnight, read_json

PROGRAM = """\
---
metric: {name: steps, direction: minimize}
measure: python measure.py
checks: [CHECK]
editable: [words.py]
limits: {wall: 20s, memory: 500MB}
researchers: [{role: mutator, use: mutator}]
gate: {noise: deterministic}
budget: {experiments: 3}
---
# Fewer steps
"""
WORDS = """\
def smallest(values):
    best = values[0]
    for value in values:
        best = min(best, value)
    return best


def unused(values):
    out = []
    for value in values:
        out.append(value)
    return out
"""
# What a profiler of calls counts is exact, so one trial of each side proves a gain.
MEASURE = """\
import sys
from words import smallest

steps = 0


def count(frame, event, argument):
    global steps
    steps += 1


sys.setprofile(count)
for _ in range(300):
    smallest(list(range(200)))
sys.setprofile(None)
print(f"METRIC steps={steps}")
"""
TEST = "from words import smallest\n\nassert smallest([3, 1, 2]) == 1 and smallest([1]) == 1\n"


def repo_at(folder: Path, check: str) -> Path:
    """A repository whose hot function calls `min` for each element."""
    files = {"words.py": WORDS, "measure.py": MEASURE, "test_words.py": TEST}
    return make_repo(folder, PROGRAM.replace("CHECK", check), files=files)


def test_a_rewrite_of_the_hot_function_is_kept(tmp_path: Path) -> None:
    """The gate keeps a known rewrite of the function that the run spends its time in; what is never reached stays."""
    repo = repo_at(tmp_path / "repo", "python test_words.py")
    overnight(repo, "run", "--no-report", "--tag", "t", check=0)
    made = read_json(repo, "log")["experiments"]
    kept = [one for one in made if one["conclusion"]["verdict"] == "keep"]
    assert [one["notes"]["operator"] for one in kept] == ["compared-min"], made
    assert "words.py:4" in kept[0]["hypothesis"] and "avoids the call" in kept[0]["hypothesis"]
    text = git(repo, "show", "autoresearch/t:words.py")
    assert "best = (value if value < best else best)" in text and text.endswith(WORDS[WORDS.index("def unused") :].strip())
    assert_verified(repo)


def test_it_refuses_where_no_check_notices_what_it_breaks(tmp_path: Path) -> None:
    """If a check passes with the hot function hollowed out, nothing is proposed, and the test to add is named."""
    repo = repo_at(tmp_path / "repo", "python -c pass")
    ended = overnight(repo, "run", "--no-report", "--tag", "t")
    said = ended.stdout + ended.stderr
    assert "nothing notices when `smallest` (words.py:1)" in said and "add a check that calls `smallest`" in said
    assert not read_json(repo, "log")["experiments"]


def test_without_checks_it_does_not_begin(tmp_path: Path) -> None:
    """`check` and `run` say so before anything is measured, with the fix."""
    text = PROGRAM.replace("checks: [CHECK]\n", "")
    repo = make_repo(tmp_path / "repo", text, files={"words.py": WORDS, "measure.py": MEASURE})
    for command in (("check",), ("run", "--tag", "t")):
        said = overnight(repo, *command, check=2).stderr
        assert "neither `checks` nor `score`" in said and "add a test" in said and "baseline trial" not in said


def both(folder: Path, check: str, editable: str = "[words.py, knobs.json]") -> Path:
    """A repository whose program has tuner and mutator, with a number in a file beside the code."""
    named = "researchers: [{role: tuner, use: tuner}, "
    text = PROGRAM.replace("researchers: [", named).replace("experiments: 3", "trials: 24")
    text = text.replace("CHECK", check).replace("[words.py]", editable)
    measure = MEASURE.replace("\nsteps = 0\n", '\nsteps = round(1000 * abs(json.load(open("knobs.json"))["warmth"] - 20))\n')
    files = {
        "words.py": WORDS,
        "measure.py": f"import json\n{measure}",
        "test_words.py": TEST,
        "knobs.json": '{"warmth": 64}\n',
    }
    return make_repo(folder, text, files=files)


def test_tuner_and_mutator_search_together(tmp_path: Path) -> None:
    """Both keep what they find, on one head; status and report name both."""
    repo = both(tmp_path / "repo", "python test_words.py")
    overnight(repo, "run", "--tag", "t", check=0)
    made = read_json(repo, "log")["experiments"]
    kept = [one["researcher"] for one in made if one["conclusion"] and one["conclusion"]["verdict"] == "keep"]
    assert {"tuner", "mutator"} <= set(kept), [(one["researcher"], one["conclusion"]) for one in made]
    text = git(repo, "show", "autoresearch/t:words.py")
    assert (
        "best = (value if value < best else best)" in text
        and git(repo, "show", "autoresearch/t:knobs.json") != '{"warmth": 64}'
    )
    report = (repo / ".overnight/t/report.md").read_text()
    for said in (overnight(repo, "status", check=0).stdout, report):
        assert "tuner" in said and "mutator" in said, said
    assert_verified(repo)


def test_the_tuner_goes_on_alone_where_the_mutator_has_nothing_to_do(tmp_path: Path) -> None:
    """With numbers in a file and no code that may change, it says so once; the tuner keeps its find."""
    repo = both(tmp_path / "repo", "python test_words.py", editable="[knobs.json]")
    assert "no editable file holds code" in read_json(repo, "check")["mutator"]["refuses"]
    ended = overnight(repo, "run", "--no-report", "--tag", "t", check=0)
    assert (ended.stdout + ended.stderr).count("no editable file holds code") == 1, ended
    made = read_json(repo, "log")["experiments"]
    assert {one["researcher"] for one in made} == {"tuner"}
    assert any(one["conclusion"]["verdict"] == "keep" for one in made if one["conclusion"])


def test_check_says_that_the_mutator_will_refuse(tmp_path: Path) -> None:
    """A check that passes though all editable files are broken would notice nothing; the test to add is named."""
    repo = both(tmp_path / "repo", "python -c pass")
    checked = read_json(repo, "check")
    assert [role["role"] for role in checked["roles"]] == ["tuner", "mutator"]
    found = checked["mutator"]
    assert "every check passes though all editable files are broken" in found["refuses"]
    assert "add a check that imports or runs `" in found["fix"]
    assert f"mutator     {found['refuses']}; {found['fix']}" in overnight(repo, "check", check=0).stdout
