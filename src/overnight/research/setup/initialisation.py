"""From a repository to a `program.md`: propose, try, measure, ask, write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from overnight.gate.trial import Trial
from overnight.git.repository import Repository
from overnight.program.program import PROGRAM, Program
from overnight.program.writer import FrontMatterEntry
from overnight.research.setup.first_checks import with_passing_checks
from overnight.research.setup.first_look import describe
from overnight.research.setup.first_measure import first_that_runs
from overnight.research.setup.idle import without_idle
from overnight.research.setup.no_value import values_of
from overnight.research.setup.program_file import write_above
from overnight.research.setup.tries import Tries
from overnight.research.setup.wishes import Wishes
from overnight.research.views.connection import Connection, connection_lines
from overnight.research.views.numbers import number
from overnight.words.quantities import duration

WRITTEN = f"wrote {PROGRAM}; review it, commit it (a receipt is checked against the committed one), then run `overnight check`"


Ask = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReport:
    """What `init --json` prints."""

    path: str  # of program.md
    front_matter: str  # the text
    keys: Sequence[FrontMatterEntry]
    notes: Sequence[str]  # about what was found
    values: Sequence[float]  # of the two trials
    spread: float  # between those values
    seconds: Sequence[float]  # wall time of each
    connection: Connection  # of metric, checks and editable files
    written: bool


async def initialise(repository: Repository, wishes: Wishes, tries: Tries, ask: Ask, say: Callable[[str], None]) -> InitReport:
    """Propose, try, measure, ask, write.

    Raises:
        UserError: nothing could be proposed, measured or written; then nothing has changed.
    """
    proposal, first = await first_that_runs(repository, wishes, tries, say)
    proposal = await with_passing_checks(proposal, repository, tries, say)
    say(describe(proposal))
    trials = [first.trial, await tries.second(repository, proposal.program)]
    values = values_of(trials, repository, proposal.program, wishes)
    spread = max(values) - min(values)
    say(_describe_values(proposal.program, trials, values, spread))
    connection = await tries.prove(repository, proposal.program, first, spread, named=bool(wishes.editable))
    proposal, connection, idle = without_idle(proposal, connection)
    if idle:
        say(idle)
    say("\n".join(f"Proof: {line}" for line in (*connection_lines(connection), *connection.notes)))
    path = repository.toplevel / PROGRAM
    written = ask(f"Write this to {PROGRAM}?")
    if written:
        write_above(path, proposal.front, proposal.body)
    say(WRITTEN if written else "nothing was written")
    return InitReport(
        path=str(path),
        front_matter=proposal.front,
        keys=proposal.detected.entries,
        notes=proposal.detected.notes,
        values=values,
        spread=spread,
        seconds=[trial.wall_s for trial in trials],
        connection=connection,
        written=written,
    )


def _describe_values(program: Program, trials: Sequence[Trial], values: Sequence[float], spread: float) -> str:
    name = program.metric.name
    lines = [f"  {name} = {value!r}   {duration(trial.wall_s)}" for trial, value in zip(trials, values, strict=True)]
    if spread == 0:
        lines.append("Both are the same: the metric looks deterministic.")
    else:
        share = f" ({spread / abs(max(values, key=abs)):.2%})"
        lines.append(f"They differ by {number(spread)}{share}: noise, which the gate measures and separates from gains.")
    return "\n".join(lines)
