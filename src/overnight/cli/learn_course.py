"""`overnight learn NAME`: a whole curriculum in the terminal; with a model it talks, and only the checks pass a step."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from overnight.cli.learn_again import review_due
from overnight.cli.learn_calls import LINE, Stop, call, say, say_or_why
from overnight.cli.learn_screen import show_head, show_list, show_model, show_text
from overnight.errors import UserError
from overnight.tutor.course.order import LEAST_ATTEMPTS, Phase
from overnight.tutor.operations.learn_fill import not_yet
from overnight.tutor.record.record import OWNER, LearnerRecord, has_record
from overnight.tutor.teaching.talk import ANSWER, COMMENT, RETELL, Question, Silent, Talk
from overnight.tutor.teaching.task import Task
from overnight.tutor.teaching.unwritten import functions
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted

FIRST = "microgpt"  # of who has begun nothing
KEYS = "Enter: check · h: hint · s: solution · r: read again · q: stop for now"
GO_ON = "Nothing is lost. Go on with: overnight learn"
STOPPED = 130  # exit code, as of any command that Ctrl-C ends


@click.command()
@click.argument("name", required=False, default="")
@click.option("--language", default="", metavar="LANGUAGE", help="That the model talks in; remembered.")
def course(name: str, language: str) -> None:
    """Take a curriculum in the terminal: predict, try, read, write until the checks pass, explain.

    Without NAME the one that was begun last goes on, or microgpt begins. With a model set up it retells the lessons in your
    language and answers questions, which begin with `?`. It stops and goes on wherever you are. What is due to be
    shown again is offered first.
    """
    if not sys.stdin.isatty():
        raise UserError(
            "the course is taken in a terminal", fix="call `overnight learn start NAME`, then `overnight learn next`"
        )
    try:
        _Course(name, language).take()
    except Stop:
        click.echo(f"\n{GO_ON}")
    except (click.Abort, KeyboardInterrupt, EOFError):
        click.echo(f"\n\n{GO_ON}")
        sys.exit(STOPPED)


class _Course:
    """One sitting."""

    def __init__(self, name: str, language: str) -> None:
        self._name, self._language = name, language
        self._talk: Talk | None = None
        self._quiet = False  # it failed to retell: it is asked only when the learner asks
        self._lesson = ""  # what the learner is told now

    def take(self) -> None:
        """From where the learner is to where they stop."""
        self._begin()
        task = call("learn next", curriculum=self._name)
        if task.due and task.phase != Phase.DONE:
            review_due(self._name)
        while True:
            task = call("learn next", curriculum=self._name)
            match task.phase:
                case "done":
                    click.echo("\nAll steps are passed.")
                    if task.due:
                        review_due(self._name)
                    if not call("learn next", curriculum=self._name).due:
                        say("learn review", curriculum=self._name)
                    return
                case "predict":
                    self._predict(task)
                case "example":
                    self._example(task)
                case "explain":
                    self._explain(task)
                case _:
                    self._exercise(task)

    def _begin(self) -> None:
        if not self._name:
            self._name = _begun_last() or FIRST
        begun = call("learn start", name=self._name, language=self._language)
        show_text(f"{printable(begun.title, LINE)}: {printable(begun.about, LINE)}")
        click.echo(f"{counted(begun.steps, 'step')}, each with a program that you write; checks decide what is passed.")
        click.echo(f"Your files: {printable(begun.folder, LINE)}\nq or Ctrl-C stops; it goes on where you were.")
        self._open_talk(begun.language)

    def _open_talk(self, language: str) -> None:
        from overnight.config import read_settings
        from overnight.secrets.broker import user_broker

        environment = user_broker().environment
        settings = read_settings(environment, Path.home())
        if not settings.providers:
            click.echo("No model is set up: the lessons are as they are written.")
            return
        whose = ", ".join(printable(each.name, LINE) for each in settings.providers)
        click.echo(f"A model talks with you ({whose} gets the lesson and what you type, not your files).")
        if not language:
            language = click.prompt("In which language", default="English").strip()[:40]
            call("learn start", name=self._name, language=language)
        click.echo("Ask it anything about a step: ? and your question.")
        self._talk = Talk(settings, environment, printable(language, 40))

    def _predict(self, task: Task) -> None:
        show_head(task)
        self._tell(task, [(each.heading, each.text) for each in task.parts], retell=False)
        show_list("", task.choices)
        number = self._number(task, len(task.choices))
        found = call("learn predict", number=number, curriculum=self._name)
        most = " (most people choose what you chose)" if found.as_most else ""
        right = f"It is choice {found.answer}, {task.choices[found.answer - 1]}{most}"
        show_text(f"{'Right' if found.right else right}: {found.because}")

    def _example(self, task: Task) -> None:
        show_head(task)
        self._tell(task, [(each.heading, each.text) for each in task.parts])
        show_text(f"```\n{task.gaps.rstrip()}\n```", "Fill the gaps, from top to bottom")
        answers = [self._gap(task, number) for number in range(1, task.gaps.count("____") + 1)]
        found = call("learn fill", answers=tuple(answers), curriculum=self._name)
        click.echo("\nRight." if found.right else f"\n{not_yet(found.wrong).capitalize()}.")

    def _gap(self, task: Task, number: int) -> str:
        while (words := self._line(task, f"gap {number} (h: hint · q: stop)")) == "h":
            say_or_why("learn hint", curriculum=self._name)
        return words

    def _explain(self, task: Task) -> None:
        show_head(task)
        self._tell(task, [(each.heading, each.text) for each in task.parts], retell=False)
        words = self._line(task, "In your words (Enter: go on without)", empty=True)
        call("learn explain", words=words, curriculum=self._name)
        if words:
            show_list("A good explanation", task.rubric)
            self._ask(task, Question(wanted=COMMENT, lesson=self._lesson, learner=words, points=task.rubric))

    def _exercise(self, task: Task) -> None:
        """Keys at an exercise, until something comes after it."""
        show_head(task)
        self._tell(task, [(each.heading, each.text) for each in task.parts])
        show_list("Hints so far:", task.hints)
        click.echo(f"\nWrite it in {printable(task.file, LINE)} with your editor, and save it.")
        while True:
            key = self._line(task, KEYS, empty=True).lower()
            if key == "r":
                return
            operation = {"": "learn check", "h": "learn hint", "s": "learn solution"}.get(key)
            if operation is None:
                continue
            found = say_or_why(operation, curriculum=self._name)
            if found is not None and operation == "learn check":
                task = call("learn next", curriculum=self._name)
                if found.passed or found.attempts == 1:
                    return

    def _tell(self, task: Task, sections: Sequence[tuple[str, str]], *, retell: bool = True) -> None:
        """The written words, then the model's."""
        for heading, text in sections:
            show_text(text, heading)
        self._lesson = "\n\n".join(f"## {heading}\n{text}" for heading, text in sections)
        self._lesson += "".join(f"\n- {each}" for each in task.choices)
        if retell and not self._quiet:
            self._ask(task, Question(wanted=RETELL, lesson=self._lesson))

    def _ask(self, task: Task, question: Question) -> None:
        """Let the model say something; without it the course goes on."""
        if self._talk is None:
            return
        secret = functions(_start_of(task)) if task.attempts < LEAST_ATTEMPTS and task.phase != "explain" else []
        try:
            show_model(self._talk.say(self._name, question, secret=secret))
        except Silent as why:
            self._quiet = self._quiet or question.wanted == RETELL
            click.echo(f"\nThe model says nothing ({why}); the course goes on with its written words.")
        click.echo(f"({compact(self._talk.tokens)} tokens, ${self._talk.cost_usd:.4f} so far)")

    def _line(self, task: Task, prompt: str, *, empty: bool = False) -> str:
        """What the learner types; a question is answered, and they are asked again."""
        while True:
            words: str = click.prompt(prompt, default="" if empty else None, show_default=False).strip()
            if words == "q":
                raise Stop
            if not words.startswith("?"):
                return words
            if self._talk is None:
                hint = "" if task.phase in (Phase.PREDICT, Phase.EXPLAIN) else "; h: a hint"
                click.echo(f"No model is set up that could answer, see `overnight doctor`{hint}")
                continue
            self._ask(task, Question(wanted=ANSWER, lesson=self._lesson, learner=words[1:].strip()))

    def _number(self, task: Task, most: int) -> int:
        while True:
            words = self._line(task, f"What do you expect? (1 to {most})")
            if words.isdecimal() and 1 <= int(words) <= most:
                return int(words)
            click.echo(f"A number from 1 to {most}, please; q stops.")


def _begun_last() -> str:
    """The curriculum that was begun last; empty: none is begun.

    Raises:
        UserError: it cannot be opened.
    """
    if not has_record(OWNER):
        return ""
    with LearnerRecord(OWNER) as record:
        begun = record.begun()
    if begun is None:
        return ""
    try:
        return str(call("learn status", curriculum=begun.curriculum).curriculum)
    except UserError as error:
        raise UserError(str(error), fix="or take another one: overnight learn NAME") from error


def _start_of(task: Task) -> str:
    """What the learner's file began with."""
    from overnight.tutor.teaching.lesson import lesson

    with lesson(OWNER, task.curriculum) as found:
        return found.step(task.step).start
