"""What experiments changed, as a brief shows it: the lines of a small diff below what was said of it, else its size."""

from collections.abc import Hashable

from overnight.research.briefs.constant_edits import ConstantEdit, read_edits
from overnight.research.events import Proposed
from overnight.research.experiment import Edit, Experiment
from overnight.research.ideas.text import words_of
from overnight.words.foreign import printable
from overnight.words.quantities import counted

SHOWN = 6  # lines of one diff with `-` or `+`
LINE = 160  # characters
INDENT = "      "  # deep enough for a block inside a list, in which no line means anything to Markdown
TUNER = "tuner"  # whose sentences are ours, and say all of its change


def with_edit(line: str, edit: Edit, most: int = SHOWN) -> str:
    """A line about an experiment, and below it what it changed; the line alone if that is not known."""
    if not edit.files:
        return line
    if not edit.lines:
        return f"{line} ({size(edit)})"
    shown, changed = [], 0
    for text in edit.lines:
        changed += text.startswith(("-", "+"))
        if changed > most:
            shown.append(f"(and {edit.added + edit.removed - most} more changed lines)")
            break
        shown.append(printable(text, LINE))
    return "\n".join([line, *(f"{INDENT}{text}" for text in shown)])


def size(edit: Edit) -> str:
    """Such as `+30 -2 lines in 3 files`."""
    return f"+{edit.added:,} -{edit.removed:,} lines in {counted(edit.files, 'file')}"


def same_change(experiment: Experiment) -> Hashable:
    """Equal for experiments that changed the same lines; if that was not recorded, for those that say the same."""
    return experiment.edit.digest or words_of(experiment.hypothesis)


def constants_of(one: Experiment | Proposed) -> tuple[ConstantEdit, ...]:
    """The constants that a proposal changed and nothing else; none if only its sentence says so."""
    edits, edit = read_edits(one.hypothesis), one.edit
    if one.researcher == TUNER or not edit.digest:
        return edits
    told = edit.added <= len(edits) and all(any(_sets(line, each) for line in edit.lines) for each in edits)
    return edits if told else ()


def edit_to_show(one: Experiment | Proposed) -> Edit:
    """What a proposal changed; nothing if its sentence says all of it."""
    return Edit() if constants_of(one) else one.edit


def _sets(line: str, one: ConstantEdit) -> bool:
    """Whether a line that came gives a constant its new value."""
    name = one.name.rpartition(":")[2].rpartition(".")[2]
    return line.startswith("+") and name in line and (one.new in line or one.new in {"on", "off"})
