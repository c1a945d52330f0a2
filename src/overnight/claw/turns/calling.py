"""Calls the operations that a mind wants: each is recorded before it starts, and with what came of it.

What a person said to do in so many words is their call; what the claw came up with is the claw's, an agent's, and what it read
before lowers whose words it follows. The door of all operations decides what needs the owner.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from anyio import to_thread

from overnight.claw.charter import ceiling_of
from overnight.claw.events import CallBegun, CallEnd, CallEnded, ScheduleSet
from overnight.claw.port import CallResult, Turn, Wanted
from overnight.claw.record.record import ClawRecord, sealed_json
from overnight.claw.taint import is_tainted, joined
from overnight.claw.turns.following import watches_of
from overnight.claw.turns.past import result_of
from overnight.errors import OvernightError, UserError, leaf_errors
from overnight.ledger.sealed import SealedText, seal
from overnight.operations.call import CallState
from overnight.operations.foreign_input import BadInput, read_input
from overnight.operations.operation import AnyOperation, Begun, Context, Tier
from overnight.operations.perform import CUT_OFF, ApprovalAsked, Unsettled, perform
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Address, Kind, Origin, Principal
from overnight.operations.record import open_record
from overnight.operations.registry import find
from overnight.operations.tables import Refused
from overnight.operations.tasks.beginning import begin
from overnight.words.foreign import printable, printable_lines

LONGEST = 20_000  # characters of an answer that are kept
SHOWN = 200
HISTORY = 16  # letters of a hash
PERSONS = (Kind.OWNER, Kind.MEMBER, Kind.GUEST)
OWN = "claw "  # operations on the claw itself
ASKED_ABOVE = Tier.IRREVERSIBLE  # what acts on the world is shown and approved each time: a sentence may be misunderstood
ANSWERS = ("approve", "refuse")  # by the buttons of a question alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a call."""

    end: CallEnd
    text: str
    origin: Origin
    approval: int = 0
    task: str = ""  # that carries it out
    watches: Sequence[ScheduleSet] = ()  # of what it began and left to others
    texts: Sequence[SealedText] = ()  # that they have


class Caller:
    """Carries out the calls of turns."""

    def __init__(
        self,
        record: ClawRecord,
        folder: Path,
        *,
        repos: Callable[[], Mapping[str, Path]],
        environment: Mapping[str, str],
        clean: Callable[[str], str] = str,
        ceiling: Callable[[str], Tier] = ceiling_of,
        guest_may: Callable[[], Collection[str]] = tuple,
    ) -> None:
        """`repos`: those of claw.yaml by name; `clean` takes secrets out of what is kept; `ceiling`: of a channel;
        `guest_may`: the operations that the owner named for guests.
        """
        self._record, self._folder, self._repos = record, folder, repos
        self._environment, self._clean, self._ceiling = environment, clean, ceiling
        self._guest_may = guest_may

    async def call(self, turn: Turn, number: int, wanted: Wanted, origin: Origin) -> CallResult:
        """Carry one out, recorded; `origin`: the lowest of all that whoever wants it has read."""
        given = sealed_json({"given": dict(wanted.given), "repo": wanted.repo, "direct": wanted.direct})
        begun = CallBegun(turn=turn.number, call=number, operation=wanted.operation, given=given.ref, origin=origin)
        self._record.append(begun, texts=[given])
        outcome = await self.carry_out(turn, number, wanted, origin)
        return self.end(turn.number, number, wanted, outcome)

    def end(self, turn: int, number: int, wanted: Wanted, outcome: Outcome) -> CallResult:
        """Record what came of a call; what minds see of it."""
        text = seal(outcome.text)
        ended = CallEnded(
            turn=turn,
            call=number,
            end=outcome.end,
            text=text.ref,
            origin=outcome.origin,
            approval=outcome.approval,
            task=outcome.task,
        )
        seq = self._record.append(*outcome.watches, ended, texts=[text, *outcome.texts])
        return result_of(wanted, seq, outcome.end, outcome.text, outcome.origin)

    async def settle(self, turn: Turn, number: int, wanted: Wanted, origin: Origin, *, attempt: str = "") -> Outcome:
        """What became of a call that was under way at a kill, by the record of operations; one that never began is begun now.

        The door looks for the effect of one that has no outcome: it is repeated only if it was not found. That was looked for
        before another kill, perhaps, which came before it began again. A call that is made once more, as after an approval, is
        another `attempt`.
        """
        name, key = printable(wanted.operation, SHOWN), self._key(turn.number, number, attempt)
        with open_record() as operations:
            before = operations.outcome_of(key)
            if before is None or before[0] is CallState.STARTED or before == (CallState.FAILED, CUT_OFF):
                outcome = await self.carry_out(turn, number, wanted, origin, attempt=attempt)
                if before is None or outcome.end is not CallEnd.UNKNOWN:
                    return outcome
            state, detail = operations.outcome_of(key) or (CallState.UNKNOWN, "")
        match state:
            case CallState.DONE:
                return Outcome(
                    end=CallEnd.DONE, text=f"`{name}` is done; I was cut off before I read its answer", origin=Origin.CLAW
                )
            case CallState.FAILED:
                return self._failed(f"`{name}` failed: {detail}", Origin.FOREIGN)
            case _:
                text = f"`{name}` was under way when I was cut off: it may have taken effect. Look before you do it again."
                return Outcome(end=CallEnd.UNKNOWN, text=text, origin=Origin.CLAW)

    async def carry_out(self, turn: Turn, number: int, wanted: Wanted, origin: Origin, *, attempt: str = "") -> Outcome:
        """Call it; whatever it raises is what came of it. If it is cut off, it may go on by itself."""
        operation = find(wanted.operation)
        if operation is None or operation.local:
            return self._failed(f"there is no operation `{printable(wanted.operation, SHOWN)}`", Origin.CLAW)
        if operation.name in ANSWERS:
            text = "a question is answered by its buttons, or by its number in the terminal"
            return Outcome(end=CallEnd.REFUSED, text=text, origin=Origin.CLAW)
        try:
            own = {"claw": self._folder.name} if "claw" in _inputs(operation) else {}
            given = read_input(operation, json.dumps({**wanted.given, **own}))
            key = self._key(turn.number, number, attempt)
            context = self._context(turn, key, wanted, _lowest(turn, operation, wanted, origin))
            carry_out = begin if operation.lasts else perform
            found = await to_thread.run_sync(carry_out, operation, context, given, abandon_on_cancel=True)
        except ApprovalAsked as asked:
            return Outcome(end=CallEnd.ASKED, text=str(asked), origin=Origin.CLAW, approval=asked.number)
        except (NotAllowed, Refused) as refused:
            return Outcome(end=CallEnd.REFUSED, text=self._clean(str(refused)), origin=Origin.CLAW)
        except Unsettled as unsettled:
            return Outcome(end=CallEnd.UNKNOWN, text=self._clean(str(unsettled)), origin=Origin.CLAW)
        except BadInput as error:
            return self._failed(self._clean(str(error)), Origin.CLAW)
        except UserError as error:
            return self._failed(self._clean(str(error)), _words_of_errors(operation))
        except OvernightError as error:
            text = self._clean(str(leaf_errors(error)[0]))
            return Outcome(end=CallEnd.UNKNOWN, text=text, origin=_words_of_errors(operation))
        text = self._words(operation, found)
        if isinstance(found, Begun):
            return Outcome(end=CallEnd.DONE, text=text, origin=Origin.CLAW, task=found.task)
        followed = operation.follows(found) if operation.follows else ()
        watches, texts = watches_of(followed, turn, wanted, self._record.clock())
        text = "\n".join([text, *dict.fromkeys(each.promise for each in followed)])
        return Outcome(end=CallEnd.DONE, text=text, origin=_words_of(operation, found, origin), watches=watches, texts=texts)

    def began(self, turn: int, number: int, attempt: str) -> bool:
        """Whether the record of operations has an attempt of a call."""
        with open_record() as operations:
            return operations.outcome_of(self._key(turn, number, attempt)) is not None

    def _key(self, turn: int, number: int, attempt: str) -> str:
        """The same after a kill, and for no other call: neither of a claw that had this name, nor after a backup came back."""
        cause = self._record.event(turn)
        history = cause.digest[:HISTORY] if cause else ""  # of all until then
        return " ".join([self._folder.name, str(turn), str(number), history, *([attempt] if attempt else [])])

    def _words(self, operation: AnyOperation, found: object) -> str:
        if isinstance(found, Begun):
            return f"begun as task {found.task}; I say what comes of it, and `task show {found.task}` how far it is"
        return printable_lines(self._clean(operation.render(found)), LONGEST)

    def _failed(self, text: str, origin: Origin) -> Outcome:
        return Outcome(end=CallEnd.FAILED, text=text, origin=origin)

    def _context(self, turn: Turn, key: str, wanted: Wanted, origin: Origin) -> Context:
        repos = self._repos()
        if wanted.repo and wanted.repo not in repos:
            known = ", ".join(repos) or "none"
            raise UserError(f"there is no repository `{printable(wanted.repo, SHOWN)}`", fix=f"claw.yaml has {known}")
        where = repos.get(wanted.repo) or next(iter(repos.values()), self._folder)
        said = wanted.direct and turn.role in PERSONS and turn.origin in (Origin.OWNER, Origin.MEMBER)
        by_person = said or turn.role is Kind.GUEST  # for whom the claw may do no more than they may
        return Context(
            where=where,
            environment=self._environment,
            principal=Principal(turn.role if by_person else Kind.AGENT, turn.person if by_person else self._folder.name),
            origin=turn.origin if said else joined([origin, Origin.CLAW]),
            address=Address(turn.to.channel, turn.to.id),
            key=key,
            ceiling=min(self._ceiling(turn.to.channel), ASKED_ABOVE, key=list(Tier).index),
            for_others=turn.role is not Kind.OWNER,
            repositories=repos,
            guest_may=frozenset(self._guest_may()),
        )


def _inputs(operation: AnyOperation) -> frozenset[str]:
    """The names of its inputs, if it is one on the claw itself."""
    return frozenset(field.name for field in fields(operation.input)) if operation.name.startswith(OWN) else frozenset()


def _lowest(turn: Turn, operation: AnyOperation, wanted: Wanted, origin: Origin) -> Origin:
    """Whose words a call follows. What only reads, and is given nothing but words that the owner typed, follows the owner.

    So a turn that holds foreign words reaches the addresses that the owner wrote, as they wrote them, and no other.
    """
    if not (is_tainted(origin) and operation.egress and operation.tier is Tier.READ and turn.origin is Origin.OWNER):
        return origin
    typed = {word.strip("<>()[]\"'.,;!?") for word in turn.text.split()} | set(turn.text.split())
    words = [value for value in wanted.given.values() if value not in ("", None)]
    return Origin.CLAW if words and all(isinstance(word, str) and word in typed for word in words) else origin


def _words_of(operation: AnyOperation, found: object, origin: Origin) -> Origin:
    """Whose words an answer has: its own, and those that it was asked with, which whoever asked has read."""
    asked = Origin.TOOL if is_tainted(origin) else Origin.CLAW
    return joined([asked, operation.words_of(found)])


def _words_of_errors(operation: AnyOperation) -> Origin:
    """The same of why it failed: a reason may quote what it was about, such as a line of a repository."""
    if operation.words is Origin.FOREIGN or (operation.words is Origin.CLAW and operation.of_machine):
        return operation.words
    return Origin.TOOL
