"""Facts merged and dated, without a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.claw.events import FactSet
from overnight.claw.memory.facts import KnownFact, known_facts
from overnight.claw.memory.reader import reader_of
from overnight.claw.memory.tidying import Rewrite, plan_tidy
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.record.record import ClawRecord
from overnight.claw.setup.parsing import read_charter
from overnight.ledger.sealed import seal
from overnight.operations.operation import Context, Operation, Tier, repeatable
from overnight.words.foreign import printable

SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyInput:
    """Which claw."""

    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """A fact that took the place of others."""

    number: int
    text: str
    of: Sequence[int]  # numbers of those
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyResult:
    """What `claw tidy --json` prints."""

    tidied: Sequence[Tidied]
    contradictions: Sequence[Sequence[KnownFact]]  # groups of facts of which one holds at most


def run(context: Context, given: TidyInput) -> TidyResult:
    """Tidy the facts that are no member's own, or a member's; nothing is written if there is nothing to tidy."""
    with opened(given.claw) as (folder, record):
        found = plan_tidy(known_facts(record, reader=reader_of(context, folder, record)), read_charter(folder).zone)
        tidied = [_write(record, each) for each in found.rewrites if len(each.of) > 1 or each.text != each.keeps.text]
    return TidyResult(tidied=tidied, contradictions=found.contradictions)


def _write(record: ClawRecord, rewrite: Rewrite) -> Tidied:
    numbers = tuple(fact.number for fact in rewrite.of)
    text, keeps = seal(rewrite.text), rewrite.keeps
    entries = [record.event(number) for number in numbers]
    private = any(isinstance(each.event, FactSet) and each.event.private for each in entries if each)
    fact = FactSet(
        text=text.ref, origin=keeps.origin, person=keeps.person, turn=keeps.turn, supersedes=numbers, private=private
    )
    return Tidied(number=record.append(fact, texts=[text]), text=rewrite.text, of=numbers, why=rewrite.why)


def render(found: TidyResult) -> str:
    """A line for each, and a question for each contradiction."""
    lines = [f"#{each.number} {printable(each.text, SHOWN)}: {each.why}" for each in found.tidied]
    for group in found.contradictions:
        both = " · ".join(f"#{fact.number} {printable(fact.text, SHOWN)}" for fact in group)
        lines.append(f"which holds? {both}; `claw note TEXT --corrects N` says it")
    return "\n".join(lines) or "nothing to tidy"


OPERATION = Operation(
    name="claw tidy",
    about="Merge facts that are noted twice, write days as dates, and ask about contradictions; no model is used.",
    details="A fact is rewritten only if each of its words stays, but for days that become dates. What was there is kept.",
    input=TidyInput,
    output=TidyResult,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    render=render,
    read_back=repeatable,
)
