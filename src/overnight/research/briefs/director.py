"""The brief of a director, who fills the queue of ideas; `research/ideas/answer.py` reads its answer."""

from overnight.research.briefs.known import (
    IDEAS,
    QUOTES,
    ROLE,
    history_sections,
    idea_line,
    output_section,
    program_sections,
    role_section,
)
from overnight.research.briefs.layout import Section, lay_out, number, quoted
from overnight.research.briefs.means import means_lines
from overnight.research.briefs.target import better, file_lines, judge_lines, standing_lines
from overnight.research.briefs.task import BriefTask
from overnight.research.charter import Charter
from overnight.research.idea import Idea, IdeaState
from overnight.research.ideas.answer import DROP_FORM, FORM
from overnight.research.ideas.text import LONGEST
from overnight.research.state import State
from overnight.words.foreign import printable


def write_director_brief(task: BriefTask) -> str:
    """The brief of a director."""
    sections = [
        Section(title="", lines=tuple(_direction(task))),
        role_section(task),
        Section(title="How a change is judged", lines=tuple(judge_lines(task.state, task.role))),
        Section(title="What there is", lines=tuple(means_lines(task.state, task.role, task.allowance))),
        Section(title="Where it stands", lines=tuple(standing_lines(task.state))),
        output_section(task.state),
        *program_sections(task),
        *history_sections(task),
        Section(title="The queue now", lines=tuple(_queue(task.state)), cut=2, floor=10, intro=_QUEUE),
        Section(title="Ideas that were tried, newest first", lines=tuple(_done(task.state)), cut=8, floor=4),
        Section(title="Your answer", lines=tuple(_answer(task.charter))),
    ]
    return lay_out(sections, task.limit_tokens)


def _direction(task: BriefTask) -> list[str]:
    program = task.state.program
    return [
        f"# Direct the research, as {printable(task.role, ROLE)}",
        "",
        f"Others edit the code so that `{program.metric.name}` gets {better(program)}; you say what is worth trying next. "
        "Read the files in this folder and what was measured. Edit nothing: your edits do not count.",
        "",
        *file_lines(program, task.files),
        f"- {QUOTES}",
    ]


_QUEUE = "Ideas that are open or being tried, in order. You may drop those of a role, not those of a person."


def _answer(charter: Charter) -> list[str]:
    return [
        "Write three to eight different new ideas. Each must fit in a single focused edit and use the words of this "
        "code (name the function or constant). Follow the measurements: build on what was kept, finish near misses, avoid "
        "what failed for a reason that still holds. "
        f"About {charter.bold:.0%} of what is tried should be bold. One line each, in these forms:",
        "",
        f"    {FORM}",
        f"    {DROP_FORM}",
    ]


def _queue(state: State) -> list[str]:
    return [idea_line(idea) for idea in state.ideas.ideas[:IDEAS]]


def _done(state: State) -> list[str]:
    return [f"{idea_line(idea)}: {_became(idea)}" for idea in reversed(state.ideas.done)][:IDEAS]


def _became(idea: Idea) -> str:
    if idea.state is IdeaState.DROPPED:
        return f"dropped by {printable(idea.dropped_by, ROLE)}, {quoted(idea.reason, LONGEST)}"
    gain = "" if idea.gain is None else f", {number(idea.gain)}"
    return f"{idea.verdict} in #{idea.experiment}{gain}"
