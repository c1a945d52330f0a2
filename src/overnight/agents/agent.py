"""An agent of any kind: sessions in folders, with a brief, limits, a jail and models."""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial

from anyio import get_cancelled_exc_class

from overnight.agents.context import AgentContext
from overnight.agents.environment import first_wire
from overnight.agents.hindrance import Hindrance
from overnight.agents.port import Opens, ProgramMissing, Session, Task, Turn, TurnFailed
from overnight.agents.transcript import EntryKind, Transcript
from overnight.models.port import ModelRun, ModelsParked
from overnight.models.usage import Usage, Wire

SWITCH_S = 1.0  # until a program is started again on another wire


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSession:
    """A session, and the models that it has; all words of an agent pass here, and lose secrets."""

    session: Session
    run: ModelRun | None
    transcript: Transcript  # so far
    program: bool = True  # a program works in it, which may be missing or fail; else a dialogue of ours
    wires: Collection[Wire] = ()  # of which its program takes the first one when it is started
    wire: Wire | None = None  # that it took
    hindrances: list[Hindrance | None] = field(default_factory=list)  # what kept it from working, by turn

    @property
    def hindrance(self) -> Hindrance | None:
        """What kept it from working in its newest turn; None if it did work, whatever came of it."""
        return self.hindrances[-1] if self.hindrances else None

    @property
    def refusal(self) -> ModelsParked | None:
        """Why its newest call to a model got no answer; None if it got one, or made none."""
        refusal = self.run.refusal if self.run else None
        final = refusal is not None and refusal.wait_s is None and not refusal.spent
        if final and self.run and first_wire(self.run, self.wires) is not self.wire:
            return ModelsParked(str(refusal), wait_s=SWITCH_S)
        return refusal

    @property
    def usage(self) -> Usage:
        """What it used of models so far."""
        return self.run.usage if self.run else Usage()

    @property
    def ended(self) -> str:
        """Why no further turn is possible, in one line; empty while one is."""
        return self.transcript.hide(self.session.ended)

    async def turn(self, prompt: str) -> Turn:
        """One turn, the first or a further one; if it failed for lack of a model, that is the reason that is given.

        Raises:
            TurnFailed: as `Session.turn`, or the session has ended.
            ModelsParked: no provider is available; once one is, the session can go on unless it has `ended`.
        """
        if self.ended:
            raise TurnFailed(f"the session has ended: {self.ended}")
        self.transcript.add(EntryKind.PROMPT, prompt)
        try:
            turn = await self.session.turn(prompt)
        except TurnFailed as failed:
            why = self.transcript.hide(str(failed))
            self.transcript.add(EntryKind.FAULT, why)
            self._note(missing=isinstance(failed, ProgramMissing), failed=True)
            if self.refusal:
                raise self.refusal from failed
            raise TurnFailed(why) from failed
        except ModelsParked as parked:
            self.transcript.add(EntryKind.FAULT, str(parked))
            self._note(missing=False, failed=False)
            raise
        except BaseException as error:  # a cancellation too
            why = (
                "its time was up, or the session ended"
                if isinstance(error, get_cancelled_exc_class())
                else type(error).__name__
            )
            self.transcript.add(EntryKind.FAULT, f"the turn was cut off: {why}")
            raise
        self._note(missing=turn.missing, failed=bool(turn.fault) and self.program)
        turn = replace(turn, text=self.transcript.hide(turn.text), fault=self.transcript.hide(turn.fault))
        if turn.fault:
            self.transcript.add(EntryKind.FAULT, turn.fault)
        return turn

    def _note(self, *, missing: bool, failed: bool) -> None:
        if self.run and self.run.failure:
            self.hindrances.append(Hindrance.MODELS)
        elif missing:
            self.hindrances.append(Hindrance.MISSING)
        elif failed:
            self.hindrances.append(Hindrance.PROGRAM if self.program else Hindrance.MODELS)
        else:
            self.hindrances.append(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent, ready to be given tasks."""

    name: str
    context: AgentContext
    opens: Opens
    program: bool = True  # as in `AgentSession`, as the next one
    wires: Collection[Wire] = ()
    remembers: bool = True  # a further prompt of a session may speak of what was said before
    script: bool = False  # a command that is no agent: its exit code counts, and it gets one prompt only

    @asynccontextmanager
    async def open(self, task: Task) -> AsyncIterator[AgentSession]:
        """A session for a task; at its end nothing of it runs."""
        with self._models(task) as run:
            watch = partial(self.context.watch, task) if self.context.watch else None
            transcript = Transcript(run, watch, scrubber=self.context.scrubber)
            wire = first_wire(run, self.wires) if run else None
            try:
                async with self.opens(task, run, transcript) as session:
                    yield AgentSession(
                        session=session,
                        run=run,
                        transcript=transcript,
                        program=self.program,
                        wires=self.wires,
                        wire=wire,
                    )
            finally:
                if transcript and self.context.keep_transcript:
                    self.context.keep_transcript(task, transcript)

    def _models(self, task: Task) -> AbstractContextManager[ModelRun | None]:
        if self.context.models is None:
            return nullcontext()
        return self.context.models.use(role=task.role, number=task.number, model=self.context.spec.model)
