"""The brief: everything a researcher reads before it proposes, as one Markdown text within a token limit.

The task, the idea and the role are never cut. Everything else is cut from its end, highest `cut` number below first: other
people's ideas first, the program's own rules last. The same state gives the same brief.
"""

from collections.abc import Sequence

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
from overnight.research.briefs.layout import Section, lay_out, quoted
from overnight.research.briefs.means import means_lines
from overnight.research.briefs.rework import Rework, diff_lines, rework_lines
from overnight.research.briefs.target import better, can_run, file_lines, globs_text, judge_lines, standing_lines
from overnight.research.briefs.task import BriefTask
from overnight.research.briefs.together import together_section
from overnight.research.briefs.under_way import under_way_lines
from overnight.research.idea import Idea, IdeaState, Risk
from overnight.research.ideas.text import LONGEST
from overnight.words.foreign import printable

LONGEST_LEFT_OUT = 1000  # characters

_RISK = {
    Risk.BOLD: "It is meant to be bold: aim for a large effect; it may fail.",
    Risk.SAFE: "It is meant to be safe: a small step that should work.",
}


def write_brief(task: BriefTask) -> str:
    """The brief of a researcher, who proposes one change."""
    sections = [
        Section(title="", lines=tuple(_task(task))),
        *_rework(task.rework),
        Section(title="The idea to work on", lines=tuple(_idea(task.idea)) if task.idea and not task.rework else ()),
        Section(title="Where to look", lines=tuple(_angle(task.angle)) if task.angle else ()),
        Section(title="Your last tries came to nothing", lines=tuple(_problems(task.problems)), intro=_AGAIN),
        Section(title="Left out of your last edit", lines=tuple(_left_out(task.left_out)) if task.left_out else ()),
        role_section(task),
        Section(title="How it is judged", lines=tuple(judge_lines(task.state, task.role))),
        Section(title="What you have", lines=tuple(means_lines(task.state, task.role, task.allowance))),
        Section(title="Where it stands", lines=tuple(standing_lines(task.state))),
        output_section(task.state),
        *program_sections(task),
        Section(title="What past campaigns showed", lines=tuple(task.background.splitlines()), cut=6, floor=4),
        Section(
            title="Under way now",
            lines=tuple(under_way_lines(task.role, task.state.open, task.making)),
            cut=5,
            floor=6,
            intro="Without a verdict yet. Propose something else:",
        ),
        *history_sections(task),
        together_section(task),
        Section(title="Other ideas", lines=tuple(_others(task)), cut=9, floor=4, intro=_others_intro(task)),
        Section(title="To end", lines=tuple(_end(task))),
    ]
    return lay_out(sections, task.limit_tokens)


def _task(task: BriefTask) -> list[str]:
    program = task.state.program
    where = " in this folder" if can_run(task.state, task.role) else ""
    look = "them" if program.of_campaigns else "the code"
    return [
        f"# Propose one change, as {printable(task.role, ROLE)}",
        "",
        f"Edit the files{where} so that `{program.metric.name}` gets {better(program)}. One idea, one focused change: "
        f"the effects of several cannot be separated. Look at {look} before you decide.",
        "",
        *file_lines(program, task.files),
        *(() if program.of_campaigns else (_HONEST,)),
        f"- {QUOTES}",
    ]


def _rework(rework: Rework | None) -> list[Section]:
    if rework is None:
        return []
    return [
        Section(title="Your change and the head", lines=rework_lines(rework)),
        Section(title="Your change", lines=diff_lines(rework.diff), cut=2, floor=20, more="    (and {} more lines)"),
        Section(title="Kept since then", lines=diff_lines(rework.kept), cut=3, floor=20, more="    (and {} more lines)"),
    ]


def _idea(idea: Idea) -> list[str]:
    effect = f" Expected: {quoted(idea.effect, LONGEST)}." if idea.effect else ""
    risk = f" {_RISK[idea.risk]}" if idea.risk else ""
    return [
        f"#{idea.number}, from {printable(idea.origin, ROLE)}: {quoted(idea.text, LONGEST)}.{effect}{risk}",
        "",
        "Implement this idea and nothing else. If the code already has it, or it is impossible, make the closest edit that is "
        "worth a trial, and say so in the hypothesis.",
    ]


def _angle(angle: str) -> list[str]:
    return [f"Others look elsewhere. Begin with {angle}."]


_HONEST = "- Do not change or fix a random seed, special-case what is measured, or change how the metric is printed or written."
_AGAIN = "They cost no trial and proved nothing. Do not send the like again:"


def _problems(problems: Sequence[str]) -> list[str]:
    return [f"- {quoted(problem, LONGEST)}" for problem in reversed(problems)]


def _left_out(names: str) -> list[str]:
    return [
        f"- {quoted(names, LONGEST_LEFT_OUT)}",
        "",
        "These new files were no part of it and will not be there when it runs: a change must do without such files.",
    ]


def _end(task: BriefTask) -> list[str]:
    """The task once more, as it was far above, and the form of the answer."""
    program, idea = task.state.program, task.idea
    what = f"work out idea #{idea.number}" if idea and not task.rework else "make your one change"
    alone = "Leave no other files. " if can_run(task.state, task.role) else ""
    return [
        f"Now {what} in {globs_text(program)}, so that `{program.metric.name}` gets {better(program)}. Nobody answers "
        f"questions: decide, and note your assumptions. {alone}End with the line",
        "`HYPOTHESIS: <one sentence: what you changed, and why it should help>`",
    ]


def _others_intro(task: BriefTask) -> str:
    return (
        "Others work on these; do not."
        if task.idea or task.rework
        else "Take an open one of these, or a better one of your own:"
    )


def _others(task: BriefTask) -> list[str]:
    """With assigned work, those that others are trying, to avoid duplicates; otherwise those that are open."""
    mine = task.idea.number if task.idea else 0
    assigned = mine or task.rework is not None
    others = [idea for idea in task.state.ideas.ideas if idea.number != mine and idea.number not in task.elsewhere]
    wanted = [idea for idea in others if (idea.state is IdeaState.TAKEN) == bool(assigned)]
    return [idea_line(idea) for idea in wanted[:IDEAS]]
