"""`program.md` as a page: what it says, what it would run, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.operations.tasks.views import TaskLine
from overnight.program.program import Budget, Program
from overnight.research.views.budget import budget_words
from overnight.words.foreign import printable, printable_lines

TEXT = 300  # characters of one value
WHOLE = 200_000  # characters of the file that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramCommand:
    """A command that a campaign would run."""

    key: str  # of program.md
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLine:
    """One role, and what plays it."""

    role: str
    use: str
    command: str  # of an agent program; empty: that of what plays it
    model: str  # empty: that of the template or the provider
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramPage:
    """What `program --json` prints."""

    repository: str  # its name
    mistakes: Sequence[str]  # with their lines and fixes; empty: it can be run
    metric: str  # empty, as all that follows but `text`, if it has mistakes
    direction: str  # "minimize" or "maximize"
    target: float | None  # value at which a campaign ends
    editable: Sequence[str]  # what proposals may change
    hidden: Sequence[str]  # what candidates do not see
    commands: Sequence[ProgramCommand]
    researchers: Sequence[RoleLine]
    budget: Budget
    error_rate: float | None  # share of kept changes that may be false
    not_allowed: str  # why others than the owner may not start it, with what is new in it; empty: they may
    checked: TaskLine | None  # the newest check that was begun over a page, REST or MCP
    digest: str  # SHA-256 of the file, hex; empty if there is none
    text: str  # the whole file


def program_page(repository: str, program: Program, *, not_allowed: str, checked: TaskLine | None) -> ProgramPage:
    """A program without mistakes."""
    return ProgramPage(
        repository=repository,
        mistakes=(),
        metric=program.metric.name,
        direction=program.metric.direction.value,
        target=program.target,
        editable=program.editable,
        hidden=program.hidden,
        commands=[ProgramCommand(key=key, command=command) for key, command in program.commands_by_key],
        researchers=[
            RoleLine(
                role=spec.role,
                use=spec.use,
                command=spec.command or "",
                model=spec.model,
                count=spec.count,
            )
            for spec in program.researchers
        ],
        budget=program.budget,
        error_rate=program.gate.error_rate,
        not_allowed=not_allowed,
        checked=checked,
        digest=program.digest,
        text=program.source,
    )


def unfit_page(repository: str, mistake: UserError, text: str, digest: str) -> ProgramPage:
    """A program that cannot be run."""
    return ProgramPage(
        repository=repository,
        mistakes=str(mistake).splitlines(),
        metric="",
        direction="",
        target=None,
        editable=(),
        hidden=(),
        commands=(),
        researchers=(),
        budget=Budget(),
        error_rate=None,
        not_allowed="",
        checked=None,
        digest=digest,
        text=text,
    )


def describe_program(found: ProgramPage) -> str:
    """What it would do, or its mistakes; then the text."""
    if found.mistakes:
        return "\n".join(printable(line, TEXT) for line in found.mistakes)
    lines = [
        f"metric      {printable(found.metric, TEXT)} ({found.direction})",
        f"editable    {printable(', '.join(found.editable), TEXT)}",
        *(f"{each.key:11} {printable(each.command, TEXT)}" for each in found.commands),
        *(f"researcher  {role_words(each)}" for each in found.researchers),
        f"budget      {budget_words(found.budget)}",
        *([f"agents      {printable(found.not_allowed, WHOLE)}"] if found.not_allowed else ["agents      may start it"]),
        "",
        printable_lines(found.text, WHOLE),
    ]
    return "\n".join(lines)


def role_words(line: RoleLine) -> str:
    """A role in words."""
    model = f" with {printable(line.model, TEXT)}" if line.model else ""
    command = f": {printable(line.command, TEXT)}" if line.command else ""
    several = f", {line.count} at once" if line.count > 1 else ""
    by = f" by {printable(line.use, TEXT)}" if line.use != line.role else ""
    return f"{printable(line.role, TEXT)}{by}{model}{several}{command}"
