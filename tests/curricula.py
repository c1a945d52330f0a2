"""A small curriculum for tests: two steps about numbers."""

from pathlib import Path

from overnight.tutor.course.events import Explained, Predicted, Tried

HEAD = """\
title: Numbers
about: Doubling, then counting doubles.
files: {ten.py: data/ten.py}
taught: ten.py
steps: [double, count]
"""
STEP = """\
---
title: TITLE
NEEDS
lines: [LINES]
predict:
  choices: ["it is 3", "it is 4"]
  answer: 1
  because: 2 + 2 is 4
  most: 0
rubric: [says that it adds, gives an example]
hints: [weak, middling, strong]
fade:
  - {code: "2 * ____ == ____", answers: ["2", "4"]}
---
## Idea
The idea of TITLE.
## Predict
What is TITLE of 2?
## Example
```
## no heading
2 * 2 == 4
```
## Exercise
Write TITLE.
## Explain back
Say why.
"""
CHECK = '''\
EXPLAINS = {"check_value": "square"}


def check_value(learner):
    """A number is doubled."""
    number = learner.rng.randrange(3, 100)
    found = learner.eval(f"double({number})")
    assert found == 2 * number, f"double({number}) is {found}, not {2 * number}"


def check_fraction(learner):
    """A fraction stays exact."""
    assert learner.eval("double(0.1)") == 0.2, "double(0.1) is not 0.2"
'''
WRONG = {"square": "x * x", "add": "x + 2", "text": "str(x) * 2"}
SOLUTION = "def double(x):\n    return 2 * x\n"


def write_curriculum(folder: Path) -> Path:
    """The curriculum in a folder named `numbers`."""
    top = folder / "numbers"
    (top / "data").mkdir(parents=True)
    (top / "curriculum.yaml").write_text(HEAD)
    (top / "data" / "ten.py").write_text("# a comment\nTEN = 10\nELEVEN = 11\n")
    for name, needs, lines in (("double", "needs: []", "2"), ("count", "needs: [double]", '"2-3"')):
        step = top / name
        (step / "misconceptions").mkdir(parents=True)
        text = STEP.replace("TITLE", name).replace("NEEDS", needs).replace("LINES", lines)
        (step / "step.md").write_text(text)
        (step / "start.py").write_text("def double(x):\n    ...\n")
        (step / "solution.py").write_text(SOLUTION)
        (step / "check.py").write_text(CHECK)
        for wrong, expression in WRONG.items():
            text = f'"""Doubling is {wrong}.\n\nTry 5.\n"""\ndef double(x):\n    return {expression}\n'
            (step / "misconceptions" / f"{wrong}.py").write_text(text)
    return top


def behind(curriculum: str, step: str) -> tuple[Predicted, Tried, Explained]:
    """What the record has of a step that is behind the learner."""
    return (
        Predicted(curriculum=curriculum, step=step, choice=0, right=False),
        Tried(curriculum=curriculum, step=step, passed=True, failed=(), beliefs=(), program="", checks=""),
        Explained(curriculum=curriculum, step=step, words="", covers=()),
    )
