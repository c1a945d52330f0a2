"""`use: editor`: one request with the brief and the files, one answer with an edit; at most one more if that does not fit.

It runs nothing and needs no jail: a model sees text and answers text, and what it may edit is what the program says. All edits
of an answer are made, or none.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from overnight.agents.agent import Agent
from overnight.agents.asking import Asker, less_room, with_less
from overnight.agents.context import AgentContext
from overnight.agents.editor.applying import apply
from overnight.agents.editor.edit import DoesNotApply
from overnight.agents.editor.excerpt import CHARACTERS_PER_TOKEN, show_files
from overnight.agents.editor.form import DEFAULT, EditForm
from overnight.agents.editor.own_edits import OwnEdits
from overnight.agents.editor.prompt import ADVISE, AGAIN, CUT, NO_EDIT, OBJECTED, material, question, repair, system
from overnight.agents.editor.reading import read_answer
from overnight.agents.editor.texts import read_texts, restore_texts, write_texts
from overnight.agents.port import Session, Task, Turn
from overnight.agents.together import find_together
from overnight.agents.transcript import EntryKind, Transcript
from overnight.models.asking.ask import ANSWER_TOKENS, Answer
from overnight.models.asking.messages import AssistantMessage, Message, UserMessage
from overnight.models.port import ModelRun, ModelsParked
from overnight.words.foreign import one_line, printable

NAME = "editor"
FILES_TOKENS = 12_000  # of files in a request; with a brief and an answer it fits a small context of 24,000
FAULT = 300  # characters


def editor_agent(context: AgentContext) -> Agent:
    """The editor; its last edits are remembered from session to session."""
    own = OwnEdits()

    @asynccontextmanager
    async def opens(task: Task, run: ModelRun | None, transcript: Transcript) -> AsyncIterator[Session]:
        if run is None:
            raise ModelsParked("no provider of models is set up")
        yield EditorSession(EditForm(context.spec.edit_form or DEFAULT), task, Asker(run, transcript), transcript, own)

    return Agent(name=NAME, context=context, opens=opens, program=False, remembers=False)


class EditorSession:
    """One session: each turn is a question and an answer, and a repair if the answer cannot be used."""

    def __init__(self, form: EditForm, task: Task, asker: Asker, transcript: Transcript, own: OwnEdits) -> None:
        self._form = form
        self._task = task
        self._asker = asker
        self._transcript = transcript
        self._own = own
        self._system = (task.system or ADVISE) if task.advises else system(form, task.system)
        self._plain = bool(task.system)  # no hypothesis is asked for
        self._files_tokens, self._answer_tokens = FILES_TOKENS, ANSWER_TOKENS  # less once a model has no room for so much
        self._sent = 0  # characters of files in the newest request

    @property
    def ended(self) -> str:
        """Never: a further turn asks anew."""
        return ""

    async def turn(self, prompt: str) -> Turn:
        """Ask for one edit and make it; without one the turn has a fault, and the folder is as it was."""
        texts = read_texts(self._task.folder, self._task.may_edit)
        return await with_less(lambda: self._turn(texts, prompt), self._shorten)

    def _shorten(self) -> None:
        self._files_tokens = self._sent // CHARACTERS_PER_TOKEN // 2
        self._answer_tokens = less_room(self._answer_tokens)

    async def _turn(self, texts: Mapping[str, str], prompt: str) -> Turn:
        files = show_files(texts, prompt, self._files_tokens)
        self._sent = len(files)
        self._transcript.add(EntryKind.OUTPUT, f"(sent with it: {len(files)} characters of {', '.join(texts) or 'no file'})")
        if self._task.advises:
            return Turn(text=(await self._ask([UserMessage(text=material(files, prompt))])).text)
        return await self._edited(texts, UserMessage(text=question(files, prompt, self._own.shown(texts), plain=self._plain)))

    async def _edited(self, texts: Mapping[str, str], asked: UserMessage) -> Turn:
        answer = await self._ask([asked])
        try:
            return self._edit(answer, texts)
        except DoesNotApply as failed:
            self._note(failed)
            again: Sequence[Message] = [
                asked,
                AssistantMessage(text=answer.text),
                UserMessage(text=repair(failed.problems, plain=self._plain)),
            ]
        answer = await self._ask(again)
        try:
            return self._edit(answer, texts)
        except DoesNotApply as failed:
            self._note(failed)
            return Turn(text=answer.text, fault=f"its edit could not be used: {one_line(str(failed), FAULT)}")

    async def _ask(self, messages: Sequence[Message]) -> Answer[None]:
        return await self._asker.ask(messages, system=self._system, most_output=self._answer_tokens)

    def _edit(self, answer: Answer[None], texts: Mapping[str, str]) -> Turn:
        """Make the edits of an answer.

        Raises:
            DoesNotApply: they cannot be made.
        """
        if answer.cut:
            raise DoesNotApply(CUT)
        read = read_answer(answer.text, self._form, texts)
        together = find_together(read.words)  # then its edit is only a part, or there is none
        if together and not read.edits:
            return Turn(text=read.words)
        if not read.edits:
            raise DoesNotApply(NO_EDIT)
        changed = apply(read.edits, texts, self._task.may_edit)
        if not self._own.is_new(texts, changed):
            raise DoesNotApply(AGAIN)
        write_texts(self._task.folder, changed)
        self._own.add(texts, changed)
        if why := "" if together else self._task.objection():
            restore_texts(self._task.folder, texts, changed)
            raise DoesNotApply(OBJECTED.format(why=printable(why, FAULT)))
        return Turn(text=read.words)

    def _note(self, failed: DoesNotApply) -> None:
        self._transcript.add(EntryKind.OUTPUT, "\n".join(failed.problems))
