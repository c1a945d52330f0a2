"""The forms in which a model may write its edits; each is shown to it with one worked example.

A description alone is not enough for small models: of eight answers none had a block; with an example most had.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class EditForm(StrEnum):
    """How the editor asks for edits; in the order in which a test tries them."""

    SEARCH_REPLACE = "search-replace"
    DIFF = "diff"
    LINES = "lines"
    FILE = "file"


DEFAULT = EditForm.SEARCH_REPLACE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    rule: str
    example: str


_INTRO = "For example, if `area.py` has the line `WIDTH = 3.5`, the whole answer may be:"
_HYPOTHESIS = "HYPOTHESIS: WIDTH 3.5 -> 4.0: a wider area holds more, so less is left over."
_FORMS: Mapping[EditForm, _Shown] = {
    EditForm.SEARCH_REPLACE: _Shown(
        rule=(
            "Write each edit as a block of SEARCH and REPLACE behind the name of its file. SEARCH repeats whole lines of "
            "the file exactly, as few as are needed to be found only once; REPLACE has what stands there afterwards."
        ),
        example="area.py\n<<<<<<< SEARCH\nWIDTH = 3.5\n=======\nWIDTH = 4.0\n>>>>>>> REPLACE",
    ),
    EditForm.DIFF: _Shown(
        rule=(
            "Write the edit as a unified diff. Lines with `-` and lines without a sign repeat the file exactly, with a "
            "line or two around each change, so that the place is found only once."
        ),
        example="```diff\n--- a/area.py\n+++ b/area.py\n@@ @@\n import math\n-WIDTH = 3.5\n+WIDTH = 4.0\n```",
    ),
    EditForm.LINES: _Shown(
        rule=(
            "Write the edit as lines behind the name of its file: `- ` and a line that goes, exactly as it is in the file, "
            "then `+ ` and each line that comes in its place."
        ),
        example="area.py\n```diff\n- WIDTH = 3.5\n+ WIDTH = 4.0\n```",
    ),
    EditForm.FILE: _Shown(
        rule="Write each file that you change in full, from its first line to its last, behind its name. Leave nothing out.",
        example="area.py\n```python\nimport math\n\nWIDTH = 4.0\nprint(math.pi * WIDTH)\n```",
    ),
}


def explain(form: EditForm, *, plain: bool = False) -> str:
    """The rule of a form, and an example; `plain`: no hypothesis is asked for."""
    shown = _FORMS[form]
    example = f"{shown.rule}\n\n{_INTRO}\n\n{shown.example}"
    return example if plain else f"{example}\n{_HYPOTHESIS}"
