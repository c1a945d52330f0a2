"""The form of a curriculum: what is missing is named, with file, line, key and fix."""

from pathlib import Path

import pytest
from curricula import write_curriculum

from overnight.errors import UserError
from overnight.tutor.form.places import curriculum_in


def test_a_curriculum_is_read(tmp_path: Path) -> None:
    """Steps come in order, with their sections, files, misconceptions and taught lines."""
    found = curriculum_in(write_curriculum(tmp_path))
    assert [step.id for step in found.steps] == ["double", "count"]
    assert found.files == {"ten.py": b"# a comment\nTEN = 10\nELEVEN = 11\n"}
    step = found.steps[1]
    assert (step.needs, step.lines) == (("double",), ((2, 3),))
    assert "## no heading" in step.sections["Example"]
    assert {each.name: each.belief for each in step.misconceptions}["square"] == "Doubling is square."
    assert step.fades[0].answers == ("2", "4")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("curriculum.yaml", "title: Numbers\n", "", "title: required; write `title: Tokens`"),
        ("curriculum.yaml", "about:", "abuot:", "abuot: unknown key; did you mean `about`?"),
        ("curriculum.yaml", "data/ten.py", "../ten.py", "curriculum.yaml:3: files.ten.py: is no path inside the curriculum"),
        (
            "curriculum.yaml",
            "data/ten.py",
            "data/none.py",
            "curriculum.yaml:3: files.ten.py: `data/none.py` is missing; make it",
        ),
        ("curriculum.yaml", "taught: ten.py", "taught: none.py", "curriculum.yaml:4: taught: is not among `files`"),
        ("double/step.md", "answer: 1", "answer: 2", "answer: names no choice; the choices are 0 to 1"),
        ("double/step.md", "[weak, middling, strong]", "[weak]", "hints: "),
        ("double/step.md", '["2", "4"]', '["2"]', "answers: has 1 answers for 2 gaps; give one for each ____"),
        ("double/step.md", "lines: [2]", "lines: [two]", 'is no range of lines; write "31-47", or 52'),
        ("double/step.md", "## Predict", "## Guess", "the sections are not those of a step"),
        ("double/step.md", "Say why.\n", "", "## Explain back: has no text; write it"),
        ("double/step.md", "needs: []", "needs: [count]", "step.md:3: needs[0]: `count` is no earlier step"),
        ("curriculum.yaml", "about:", "\tabout:", "curriculum.yaml:2: not YAML"),
        ("curriculum.yaml", "[double, count]", "[double, cuont]", "curriculum.yaml:5: steps[1]: `cuont` is missing; make it"),
        (
            "curriculum.yaml",
            "[double, count]",
            "[Double, count]",
            "curriculum.yaml:5: steps[0]: `Double` is no name of a step; small",
        ),
        (
            "curriculum.yaml",
            "{ten.py:",
            "{answer.py: data/ten.py, ten.py:",
            ":3: files: `answer.py` is the name of another file",
        ),
        ("curriculum.yaml", "taught: ten.py\n", "", "step.md:4: lines[0]: no file is taught; write `taught: FILE`"),
        ("double/step.md", "lines: [2]", "lines: [2, 4]", "step.md:4: lines[1]: the taught file has 3 lines"),
        ("double/step.md", "answer: 1", "answer: two", "step.md:7: predict.answer: must be"),
        ("double/step.md", "Say why.\n", "Say why.\n## More\nx\n", "step.md:28: the sections are not those of a step"),
        (
            "double/check.py",
            '"square"',
            '"sqare"',
            "check.py:1: EXPLAINS: 'sqare' is no misconception of this step; known here: add, ",
        ),
        ("double/check.py", '"check_value":', '"check_all":', "check.py:1: EXPLAINS: 'check_all' is no check of this file"),
        (
            "double/check.py",
            "check_fraction(learner)",
            "check_fraction()",
            "check.py:11: `check_fraction` does not take the learner",
        ),
        ("double/check.py", "def check_", "def examine_", "has no check"),
        ("double/check.py", "def check_value(", "def check_value((", "check.py:4: is not Python"),
        ("double/misconceptions/add.py", '"""Doubling is add.\n\nTry 5.\n"""\n', "", "does not say the belief"),
    ],
)
def test_a_mistake_says_where_it_is(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    """The message names the file, the key and what to write."""
    folder = write_curriculum(tmp_path)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    with pytest.raises(UserError) as caught:
        curriculum_in(folder)
    assert said in str(caught.value)
    assert file.rpartition("/")[2] in str(caught.value) or "step.md" in said


def test_misconceptions_are_needed(tmp_path: Path) -> None:
    """A step with too few wrong programs is not complete."""
    folder = write_curriculum(tmp_path)
    (folder / "count/misconceptions/add.py").unlink()
    with pytest.raises(UserError, match="has 2 misconceptions, 3 are needed"):
        curriculum_in(folder)


def test_a_name_of_ours_is_taken(tmp_path: Path) -> None:
    """A folder with a name that a command could not tell from ours, or not type, is refused."""
    folder = write_curriculum(tmp_path)
    with pytest.raises(UserError, match="cannot be the name"):
        curriculum_in(folder.rename(tmp_path / "My Course"))
