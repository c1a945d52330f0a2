"""The shell commands that a report suggests."""

import shlex
from dataclasses import dataclass

from overnight.research.story.story import KeepEvidence, Story


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A line for the shell and what it is for."""

    line: str
    purpose: str


def next_commands(story: Story) -> tuple[Command, ...]:
    """What to type now."""
    tag, own = shlex.quote(story.tag), story.command
    if story.keeps:
        audit = Command(line=f"{own} audit --tag {tag}", purpose="measure the true gain again, and what each change is worth")
        read = (
            Command(line=f"{own} show {keep.number} --tag {tag}", purpose="read it first: its gain cannot be true unread")
            for keep in story.held[:1]
        )
        return (
            *read,
            *(() if story.total and story.total.audited else (audit,)),
            Command(line=f"{own} finalize --tag {tag}", purpose="a clean branch, one commit per change with its evidence"),
            Command(line=f"git merge {shlex.quote(story.branch)}", purpose="or merge the kept chain as it is"),
        )
    if story.failures and not story.funnel.measured:
        latest = max(example.number for failure in story.failures for example in failure.examples)
        first = Command(line=f"{own} show {latest} --log --tag {tag}", purpose="what the latest proposal printed")
    else:
        first = Command(line=f"{own} check", purpose="noise, time per trial, and what the budget can find")
    return (first, Command(line=f"{own} run --tag {tag}", purpose="continue the campaign"))


def keep_commands(story: Story, keep: KeepEvidence) -> tuple[Command, ...]:
    """How to look into one kept change."""
    return (
        Command(
            line=f"{story.command} show {keep.number} --tag {shlex.quote(story.tag)}", purpose="diff, trials, verdict and why"
        ),
        Command(line=f"git show {keep.commit[:12]}", purpose="the commit"),
    )


def reproduce_commands(story: Story) -> tuple[Command, ...]:
    """How to check the campaign and continue it."""
    tag = shlex.quote(story.tag)
    return (
        Command(line=f"overnight verify --tag {tag}", purpose="check the ledger's chain, the branch and the kept commits"),
        Command(line=f"git diff {story.start[:12]} {shlex.quote(story.branch)}", purpose="all kept changes together"),
        Command(line=f"{story.command} log --tag {tag}", purpose="every experiment with its verdict"),
        Command(line=f"{story.command} run --tag {tag}", purpose="continue where it stopped"),
    )
