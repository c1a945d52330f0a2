"""Edits on texts: where they fit, and why they do not."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.editor.applying import apply
from overnight.agents.editor.edit import DoesNotApply, Edit, Hunk
from overnight.agents.editor.form import EditForm
from overnight.agents.editor.reading import read_answer

TRAIN = 'LR = 1\n\n\ndef step(x):\n    if x:\n        return LR * x\n    return 0\n\n\nprint("loss", step(3))\n'
FILES = {"train.py": TRAIN, "src/model.py": "DEPTH = 3\n", "notes.md": "LR = 1 is a guess\n"}


def may_edit(path: str) -> bool:
    return path in FILES or path.startswith("src/new")


def made(answer: str, form: EditForm = EditForm.SEARCH_REPLACE, files: Mapping[str, str] = FILES) -> Mapping[str, str]:
    """The files that an answer changes."""
    return apply(read_answer(answer, form, files).edits, files, may_edit)


def block(old: str, new: str, path: str = "train.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE"


@pytest.mark.parametrize(
    "answer",
    [
        block("        return LR * x", "        return LR * x * x"),
        block("        return LR * x   ", "        return LR * x * x"),
        block("return LR * x", "return LR * x * x"),
        block("\n    if x:\n        return LR * x\n\n", "\n    if x:\n        return LR * x * x\n\n"),
        block("if x:\n    return LR * x", "if x:\n    return LR * x * x"),
        block("LR * x", "LR * x * x"),
        "train.py\n```diff\n-        return LR * x\n+        return LR * x * x\n```",
        "train.py\n```diff\n- return LR * x\n+ return LR * x * x\n```",
        "train.py\n```diff\n@@ -1 +9 @@\n     if x:\n-        return LR * x\n+        return LR * x * x\n     return 0\n```",
        "train.py\n```diff\n    if x:\n-        return LR * x\n+        return LR * x * x\n    return 0\n```",
        "train.py\n```diff\n def other(y):\n-        return LR * x\n+        return LR * x * x\n```",
    ],
)
def test_small_slips_are_forgiven_where_the_place_is_clear(answer: str) -> None:
    """Spaces at line ends, blank lines, a shifted indentation, a part of a line, wrong numbers and context: it fits once."""
    assert made(answer) == {"train.py": TRAIN.replace("return LR * x", "return LR * x * x")}


def test_the_indentation_of_new_lines_moves_with_that_of_the_old() -> None:
    """New lines keep their place relative to the old ones."""
    changed = made(block("if x:\n    return LR * x", "if x > 1:\n    for _ in range(2):\n        x += 1\n    return x"))[
        "train.py"
    ]
    assert "    if x > 1:\n        for _ in range(2):\n            x += 1\n        return x\n    return 0" in changed


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (block("return LR + x", "return 2"), r"not in the file(.|\n)*most similar(.|\n)*return LR \* x"),
        (block("    return", "    yield"), r"2 times \(lines 6, 7\)"),
        (block("x", "y"), r"3 times \(lines 4, 5, 6\)"),
        (block("", "LR = 2"), "does not say where"),
        (block("LR = 1", "LR = 1"), "leave the files as they are"),
        (block("LR = 1", "LR = ("), r"train.py cannot be parsed after the edits: .*line 1"),
        (block("LR = 1", "LR = 2\n# ... existing code ..."), "left out"),
        (block("def step(x):\n    ...\n    return 0", "def step(x):\n    return 0"), "left out"),
        (block("[... lines 3 to 9 are left out here ...]", "x"), "left out"),
        (block("LR = 1", "LR = 2", "eval.py"), "`eval.py` is not a file that you may change"),
        (block("LR = 1", "LR = 2", "../train.pyc"), "is not a file that you may change"),
        (block("x = 1", "x = 2", "src/new.py"), "there is no such file"),
        ("<<<<<<< SEARCH\nGAMMA = 1\n=======\nGAMMA = 2\n>>>>>>> REPLACE", "names no file, and fits no file"),
        ("<<<<<<< SEARCH\nLR = 1\n=======\nLR = 2\n>>>>>>> REPLACE", "fits more than one file"),
        ("train.py\n```diff\n@@ @@\n+LR = 2\n```", "does not say where"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(answer: str, reason: str) -> None:
    """Nothing is guessed: not in the file, more than once, nowhere, or something is left out."""
    with pytest.raises(DoesNotApply, match=reason):
        made(answer)


def test_all_edits_are_made_or_none() -> None:
    """One edit that does not fit keeps all others from being made, and only that one is blamed."""
    good, bad = block("LR = 1", "LR = 2"), block("DEPTH = 4", "DEPTH = 5", "src/model.py")
    with pytest.raises(DoesNotApply) as failed:
        made(f"{good}\n{bad}")
    assert len(failed.value.problems) == 1
    assert failed.value.problems[0].startswith("edit 2 of src/model.py: these lines are not in the file:\n    DEPTH = 4")
    both = made(f"{good}\n{block('DEPTH = 3', 'DEPTH = 5', 'model.py')}")
    assert set(both) == {"train.py", "src/model.py"}


def test_a_file_is_found_by_what_it_has_if_it_is_not_named() -> None:
    """Without a name, the only file that the edit fits is meant."""
    assert made("```diff\n-DEPTH = 3\n+DEPTH = 4\n```") == {"src/model.py": "DEPTH = 4\n"}


def test_a_new_file_is_made_where_one_may_be() -> None:
    """An empty SEARCH, or a diff from nothing, is a new file."""
    assert made(block("", "x = 1", "src/new.py")) == {"src/new.py": "x = 1\n"}
    assert made("```diff\n--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1 @@\n+x = 1\n```") == {"src/new.py": "x = 1\n"}


def test_a_whole_file_must_be_whole() -> None:
    """A file that is written anew takes the place of the old one, unless the most of it is missing."""
    long = "".join(f"x{n} = {n}\n" for n in range(40))
    files = {"train.py": long}
    new = long.replace("x7 = 7", "x7 = 8")
    assert made(f"train.py\n```python\n{new}```", EditForm.FILE, files) == {"train.py": new}
    with pytest.raises(DoesNotApply, match="2 lines instead of 41: write the whole file"):
        made("train.py\n```python\nx7 = 8\nx8 = 8\n```", EditForm.FILE, files)


def test_a_body_that_is_dots_is_code() -> None:
    """`...` in the file itself is no omission."""
    files = {"train.py": "class Port:\n    def a(self):\n        ...\n\n    def b(self):\n        return 1\n"}
    changed = made(block("    def a(self):\n        ...", "    def a(self, x):\n        ..."), files=files)
    assert "def a(self, x):\n        ...\n" in changed["train.py"]


def test_line_ends_and_a_broken_file_stay_as_they_are() -> None:
    """Line ends of Windows are kept; a file that could not be parsed before need not be parsed afterwards."""
    files = {"train.py": "LR = 1\r\nprint(LR)\r\n"}
    assert made(block("LR = 1", "LR = 2\nLR += 1"), files=files) == {"train.py": "LR = 2\r\nLR += 1\r\nprint(LR)\r\n"}
    files = {"train.py": "print 'python 2'\nLR = 1\n"}
    assert made(block("LR = 1", "LR = 2"), files=files) == {"train.py": "print 'python 2'\nLR = 2\n"}


WORDS = st.lists(st.sampled_from(["a", "b", "    a", "", "...", "if a:", "\ta"]), max_size=6)


@given(WORDS, WORDS, WORDS, WORDS)
def test_an_edit_changes_one_place_alone(before: list[str], old: list[str], new: list[str], after: list[str]) -> None:
    """If the old lines stand in a text as they are, the edit replaces them there, or is refused; nothing else moves."""
    text = "\n".join(["head", *before, "x1", *old, "x2", *after, "tail"])
    hunk = Hunk(old=["x1", *old, "x2"], new=["x1", *new, "x2"])
    try:
        changed = apply([Edit(path="notes.md", ways=[[hunk]])], {"notes.md": text}, may_edit)
    except DoesNotApply:
        assert old == new or "..." in new
        return
    assert changed == {"notes.md": "\n".join(["head", *before, "x1", *new, "x2", *after, "tail"])}
