"""`overnight learn NAME`: a whole curriculum in the terminal; with a model it talks, and only the checks pass a step."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from overnight.cli.caller import context_here
from overnight.cli.learn_screen import show_head, show_list, show_model, show_text
from overnight.errors import UserError
from overnight.operations.perform import perform
from overnight.operations.registry import find
from overnight.tutor.course.order import LEAST_ATTEMPTS, Phase
from overnight.tutor.operations.learn_fill import not_yet
from overnight.tutor.teaching.talk import ANSWER, COMMENT, RETELL, Question, Silent, Talk
from overnight.tutor.teaching.task import Task
from overnight.tutor.teaching.unwritten import functions
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted

LINE = 500  # characters of a message
FIRST = "microgpt"  # of who has begun nothing
KEYS = "Enter: check · h: hint · s: solution · r: read again · q: stop for now"
IN_COURSE = (  # commands, and what is typed here instead
    ("; overnight learn hint", "; h: a hint"),
    ("; overnight learn solution", "; s: the solution"),
    ("overnight learn check, then overnight learn hint", "Enter checks, then h: a hint"),
    ("try it, then overnight learn check", "try the exercise again first"),
    ("overnight learn solution", "s"),
)
GO_ON = "Nothing is lost. Go on with: overnight learn"
STOPPED = 130  # exit code, as of any command that Ctrl-C ends


class _Stop(Exception):  # noqa: N818  # the learner's wish
    """The learner stops for now."""


@click.command()
@click.argument("name", required=False, default="")
@click.option("--language", default="", metavar="LANGUAGE", help="That the model talks in; remembered.")
def course(name: str, language: str) -> None:
    """Take a curriculum in the terminal: predict, try, read, write until the checks pass, explain.

    Without NAME the one that was begun last goes on, or microgpt begins. With a model set up it retells the lessons in your
    language and answers questions, which begin with `?`. It stops and goes on wherever you are.
    """
    if not sys.stdin.isatty():
        raise UserError(
            "the course is taken in a terminal", fix="call `overnight learn start NAME`, then `overnight learn next`"
        )
    try:
        _Course(name, language).take()
    except _Stop:
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
        while True:
            task = _call("learn next", curriculum=self._name)
            match task.phase:
                case "done":
                    click.echo("\nAll steps are passed.")
                    show_list("To be shown again, from memory (overnight learn review):", task.due)
                    if not task.due:
                        _say("learn review", curriculum=self._name)
                    return
                case "predict":
                    self._predict(task)
                case "fade":
                    self._fade(task)
                case "explain":
                    self._explain(task)
                case _:
                    self._exercise(task)

    def _begin(self) -> None:
        if not self._name:
            try:
                self._name = _call("learn status").curriculum
            except UserError:
                self._name = FIRST
        begun = _call("learn start", name=self._name, language=self._language)
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
            _call("learn start", name=self._name, language=language)
        click.echo("Ask it anything about a step: ? and your question.")
        self._talk = Talk(settings, environment, printable(language, 40))

    def _predict(self, task: Task) -> None:
        show_head(task)
        self._tell(task, [(each.heading, each.text) for each in task.parts], retell=False)
        show_list("", task.choices)
        number = self._number(task, len(task.choices))
        found = _call("learn predict", number=number, curriculum=self._name)
        most = " (most people choose what you chose)" if found.as_most else ""
        right = f"It is choice {found.answer}, {task.choices[found.answer - 1]}{most}"
        show_text(f"{'Right' if found.right else right}: {found.because}")

    def _fade(self, task: Task) -> None:
        show_head(task)
        self._tell(task, [(each.heading, each.text) for each in task.parts])
        show_text(f"```\n{task.gaps.rstrip()}\n```", "Fill the gaps, from top to bottom")
        answers = [self._gap(task, number) for number in range(1, task.gaps.count("____") + 1)]
        found = _call("learn fill", answers=tuple(answers), curriculum=self._name)
        click.echo("\nRight." if found.right else f"\n{not_yet(found.wrong).capitalize()}.")

    def _gap(self, task: Task, number: int) -> str:
        while (words := self._line(task, f"gap {number} (h: hint · q: stop)")) == "h":
            self._do("learn hint")
        return words

    def _do(self, operation_name: str) -> Any:  # Any: the operation's output; None: it is refused, and said why
        try:
            return _say(operation_name, curriculum=self._name)
        except UserError as error:
            click.echo(f"\n{_in_course(printable(str(error), LINE))}")
            return None

    def _explain(self, task: Task) -> None:
        show_head(task)
        self._tell(task, [(each.heading, each.text) for each in task.parts], retell=False)
        words = self._line(task, "In your words (Enter: go on without)", empty=True)
        _call("learn explain", words=words, curriculum=self._name)
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
            found = self._do(operation)
            if found is not None and operation == "learn check":
                task = _call("learn next", curriculum=self._name)
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
                raise _Stop
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


def _start_of(task: Task) -> str:
    """What the learner's file began with."""
    from overnight.tutor.teaching.lesson import lesson

    with lesson("owner", task.curriculum) as found:
        return found.step(task.step).start


def _call(operation_name: str, /, **inputs: object) -> Any:  # Any: the operation's output
    operation = find(operation_name)
    if operation is None:
        raise KeyError(operation_name)
    return perform(operation, context_here(), operation.input(**inputs))


def _say(operation_name: str, /, **inputs: object) -> Any:  # Any: the operation's output
    """Call it, and print what a person reads."""
    found = _call(operation_name, **inputs)
    operation = find(operation_name)
    if operation is not None:
        text = operation.render(found).removesuffix("next: overnight learn next").rstrip()
        click.echo(f"\n{_in_course(text)}")
    return found


def _in_course(text: str) -> str:
    """Words of a command, as they are for who types keys."""
    for command, key in IN_COURSE:
        text = text.replace(command, key)
    return text
