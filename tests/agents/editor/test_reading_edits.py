"""What answers of models are read as."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.editor.edit import DoesNotApply, Edit
from overnight.agents.editor.form import EditForm, explain
from overnight.agents.editor.reading import MOST, read_answer

KNOWN = ["train.py", "src/model.py"]
BLOCK = "<<<<<<< SEARCH\nLR = 1\n=======\nLR = 2\n>>>>>>> REPLACE"


def read(text: str, form: EditForm = EditForm.SEARCH_REPLACE) -> Sequence[Edit]:
    """The edits of an answer."""
    return read_answer(text, form, KNOWN).edits


def first(text: str, form: EditForm = EditForm.SEARCH_REPLACE) -> tuple[str, list[str], list[str]]:
    """File, old and new lines of the only hunk of an answer, in its most literal reading."""
    [edit] = read(text, form)
    [hunk] = edit.ways[0]
    return edit.path, list(hunk.old), list(hunk.new)


@pytest.mark.parametrize(
    "text",
    [
        f"train.py\n{BLOCK}\nHYPOTHESIS: more",
        f"**train.py**\n\n{BLOCK}",
        f"### File: `train.py`\n```python\n{BLOCK}\n```\nHYPOTHESIS: more",
        f"```python train.py\n{BLOCK}\n```",
        f"I change train.py as follows:\n```\ntrain.py\n{BLOCK}\n```",
        f"./train.py\n{BLOCK}",
        BLOCK.replace("SEARCH", "SEARCH train.py"),
        "train.py\n<<<<<<< ORIGINAL\nLR = 1\n=======\nLR = 2\n>>>>>>> UPDATED",
        "train.py\n<<<<< HEAD\nLR = 1\n=====\nLR = 2\n>>>>>",
        "train.py\n<<<<<<< SEARCH\n```python\nLR = 1\n```\n=======\n```python\nLR = 2\n```\n>>>>>>> REPLACE",
        f"train.py\r\n{BLOCK}".replace("\n", "\r\n").replace("\r\r", "\r"),
    ],
)
def test_blocks_are_read_however_they_are_dressed(text: str) -> None:
    """Fences, headings, languages, other words in the markers and line ends of Windows change nothing."""
    path, old, new = first(text)
    assert (path.removeprefix("./"), old, new) == ("train.py", ["LR = 1"], ["LR = 2"])


@pytest.mark.parametrize(
    "text",
    [
        "train.py\n```diff\n- LR = 1\n+ LR = 2\n```",
        "train.py\n- LR = 1\n+ LR = 2\nHYPOTHESIS: more",
        "```diff\n--- a/train.py\n+++ b/train.py\n@@ -1,3 +1,3 @@\n-LR = 1\n+LR = 2\n```",
        "diff --git a/train.py b/train.py\n--- a/train.py\n+++ b/train.py\n@@ -7 +7 @@\n-LR = 1\n+LR = 2",
        "```\n--- train.py\n+++ train.py\n-LR = 1\n+LR = 2\n\\ No newline at end of file\n```",
    ],
)
@pytest.mark.parametrize("form", list(EditForm))
def test_lines_with_signs_are_read_in_every_form(text: str, form: EditForm) -> None:
    """A model that was asked for one form and answers in another has made an edit all the same."""
    [edit] = read(text, form)
    readings = {(tuple(hunk.old), tuple(hunk.new)) for way in edit.ways for hunk in way}
    assert edit.path == "train.py"
    assert (("LR = 1",), ("LR = 2",)) in readings


def test_each_header_begins_another_file() -> None:
    """A diff of several files is an edit for each."""
    part = "--- a/{0}\n+++ b/{0}\n@@ @@\n-a\n+b\n"
    edits = read(f"```diff\n{part.format('train.py')}{part.format('src/model.py')}```")
    assert [edit.path for edit in edits] == KNOWN


def test_a_change_for_several_places_is_one_edit_with_a_hunk_for_each() -> None:
    """What stands between the headers of hunks belongs together."""
    [edit] = read("```diff\n--- a/train.py\n+++ b/train.py\n@@ @@\n a\n-b\n+c\n@@ @@\n-d\n+e\n f\n```")
    assert [(list(hunk.old), list(hunk.new)) for hunk in edit.ways[0]] == [(["a", "b"], ["a", "c"]), (["d", "f"], ["e", "f"])]


def test_a_whole_file_is_read_only_if_it_was_asked_for() -> None:
    """A piece of code that explains something must not take the place of a file."""
    text = "train.py\n```python\nLR = 2\n```\nHYPOTHESIS: more"
    [edit] = read(text, EditForm.FILE)
    assert edit.whole and edit.path == "train.py" and list(edit.ways[0][0].new) == ["LR = 2"]
    assert read(text) == []


def test_the_words_around_the_edits_stay() -> None:
    """The hypothesis is found wherever it stands, also inside a fence."""
    assert read_answer(f"**train.py**\n{BLOCK}", EditForm.SEARCH_REPLACE, KNOWN).words == ""
    for text in (
        f"train.py\n{BLOCK}\nHYPOTHESIS: more",
        f"```\n{BLOCK}\nHYPOTHESIS: more\n```",
        f"{BLOCK}\n```\nHYPOTHESIS: more\n```",
    ):
        assert "HYPOTHESIS: more" in read_answer(text, EditForm.SEARCH_REPLACE, KNOWN).words.splitlines()


@pytest.mark.parametrize(
    "text", ["", "Should I edit the file?", "- one thing\n- another", "1 + 1\n---\n", "```python\nx = 1\n```"]
)
def test_words_alone_are_no_edit(text: str) -> None:
    """A question, a list or a piece of code is no edit."""
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<<<<<<< SEARCH\nLR = 1\n>>>>>>> REPLACE", "no line `=======`"),
        ("<<<<<<< SEARCH\nLR = 1\n=======\nLR = 2", "no line `>>>>>>> REPLACE`"),
        (f"<<<<<<< SEARCH\nLR = 1\n{BLOCK}", "no line `=======`"),
        (f"{BLOCK}\n" * (MOST + 1), f"{MOST + 1} edits"),
    ],
)
def test_a_broken_block_is_refused_with_the_reason(text: str, reason: str) -> None:
    """Half of a block is never guessed at."""
    with pytest.raises(DoesNotApply, match=reason):
        read(text)


@pytest.mark.parametrize("form", list(EditForm))
def test_the_example_of_each_form_is_read(form: EditForm) -> None:
    """What the prompt shows is what is taken."""
    answer = read_answer(explain(form), form, ["area.py"])
    assert [edit.path for edit in answer.edits] == ["area.py"]
    assert "HYPOTHESIS:" in answer.words


MARKS = ["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "```", "```diff", "~~~~", "@@ -1 +1 @@", "<" * 3000, "\u202e`" * 50]
OTHERS = [
    "--- a/train.py",
    "+++ /dev/null",
    "-a",
    "+b",
    " c",
    "train.py",
    "...",
    "",
    "HYPOTHESIS: x",
    "\\ No newline at end of file",
]
LINES = st.sampled_from([*MARKS, *OTHERS])


@given(st.lists(LINES, max_size=40), st.sampled_from(EditForm))
def test_any_answer_is_read_or_refused(lines: Sequence[str], form: EditForm) -> None:
    """Whatever a model sends, it becomes edits or a reason."""
    try:
        answer = read_answer("\n".join(lines), form, KNOWN)
    except DoesNotApply:
        return
    assert all(edit.ways or edit.path is not None for edit in answer.edits)
