"""What `overnight agents` prints for people; text from agents and programs is made printable."""

from collections.abc import Iterator

from overnight.research.readiness.offer import Offer
from overnight.research.readiness.role import describe_problem
from overnight.research.researchers.way import Way
from overnight.research.tryout.result import FormTried, Tryout
from overnight.research.views.agents import RoleEntry
from overnight.research.views.numbers import estimated
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration

COLUMN = 20  # characters, for the name of a way
INDENT = " " * (6 + COLUMN + 1)
LINES = 20  # of a diff
LINE = 200  # characters per line
CONTEXT = ("diff ", "index ", "--- ", "@@ ")


def describe_way(way: Way) -> str:
    """One way in a few lines: whether it is ready, the fix, and what to write in program.md."""
    lines = [f"{'ok' if way.ready else '--':5} {way.name:{COLUMN}} {way.detail}"]
    if way.fix:
        lines.append(f"{INDENT}fix: {way.fix}")
    return "\n".join([*lines, f"{INDENT}- {way.write}"])


def describe_role(entry: RoleEntry) -> str:
    """One role of the program in this repository: whether it is ready, and all that is wrong with it."""
    plays = entry.template or entry.command
    words = [
        entry.use,
        *([printable(plays, LINE)] if plays else []),
        *([f"model {printable(entry.model, LINE)}"] if entry.model else []),
    ]
    standing = "ready" if entry.ready else "not ready"
    lines = [f"role  {printable(entry.role, LINE):{COLUMN}} of program.md here is {standing}: {', '.join(words)}"]
    return "\n".join([*lines, *(f"{INDENT}{describe_problem(problem)}" for problem in entry.problems)])


def describe_offer(offer: Offer) -> str:
    """A server of models on this machine, and what to do to use it."""
    lines = [f"found {offer.found}; it is not used unless you say so:", f"{INDENT}{offer.accept}", f"{INDENT}- {offer.write}"]
    return "\n".join(lines)


def describe_tryout(found: Tryout) -> Iterator[str]:
    """The outcome of a test."""
    name = printable(found.name, LINE)
    if found.edited:
        yield f"ok    {name}: an edit within scope came back"
        yield from (f"      {line}" for line in _shown(found.diff))
        yield f"said  {found.hypothesis}"
    else:
        yield f"FAIL  {name}: {found.reason}"
        if found.fix:
            yield f"      fix: {found.fix}"
    yield from map(describe_form, found.forms)
    if found.write:
        yield f"write - {found.write}"
    yield from (f"note  {note}" for note in found.notes)
    if found.calls or found.models:
        yield f"used  {_used(found)}"
        yield f"cost  {_cost(found)}"
    yield f"time  {_times(found)}"


def describe_form(form: FormTried) -> str:
    """What became of one form of edits, in one line."""
    repaired = " after a repair" if form.edited and form.calls > 1 else ""
    outcome = f"works{repaired}" if form.edited else form.reason if form.tried else f"not tried: {form.reason}"
    return f"form  {form.form:{COLUMN}} {outcome}"


def _shown(diff: str) -> list[str]:
    lines = [printable(line.removeprefix("+++ b/"), LINE) for line in diff.splitlines() if not line.startswith(CONTEXT)]
    return lines if len(lines) <= LINES else [*lines[:LINES], f"... {counted(len(lines) - LINES, 'more line')}"]


def _used(found: Tryout) -> str:
    tokens = f"{found.input_tokens:,} tokens in ({found.cached_tokens:,} of them cached), {found.output_tokens:,} out"
    calls = f"{counted(found.calls, 'call')}{estimated(found.estimated)} to {', '.join(found.models)}"
    return f"{tokens}, of at most {found.most_tokens:,}; {calls}"


def _cost(found: Tryout) -> str:
    if found.cost_usd is None:
        return "unknown: your settings have no price for it (docs/gateway.md)"
    return f"${found.cost_usd:.4f} of at most ${found.most_usd:.2f}"


def _times(found: Tryout) -> str:
    words = [duration(found.seconds)]
    if found.first_call_s is not None:
        words.append(f"first call after {duration(found.first_call_s)}")
    if found.first_token_s is not None:
        words.append(f"its first token {duration(found.first_token_s)} later")
    return ", ".join(words)
