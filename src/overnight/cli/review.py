"""`overnight review`: the results that wait for you, one after the other, judged by keys."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from overnight.cli.caller import context_here
from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.words.foreign import printable
from overnight.words.quantities import listed

if TYPE_CHECKING:
    from overnight.actions.views.result import Result
    from overnight.cli.keyboard import Keyboard

LINE = 500  # characters of a message
FLAGS = 6
KEYS = "[n]ext [p]revious [a]ccept [s]end back [e]ditor for it [x] drop [d]iff [q]uit"
ARROWS: Mapping[str, str] = {
    "\x1b[C": "n",
    "\x1b[B": "n",
    "\x1b[D": "p",
    "\x1b[A": "p",
    "j": "n",
    "k": "p",
    " ": "n",
    "\n": "n",
}


@click.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@json_option
def review(*, number: int | None, as_json: bool) -> None:
    """Read the results that wait for you, and judge them: by keys on a terminal, else as Markdown.

    NUMBER is an action's on the board; by default the result that waits longest comes first.
    """
    from overnight.actions.operations.result import OPERATION, ResultInput
    from overnight.operations.perform import perform

    if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        from overnight.cli.keyboard import Keyboard

        with Keyboard() as keyboard, suppress(KeyboardInterrupt):  # nothing is lost: each word is recorded when it is said
            _Reviewing(keyboard=keyboard, position=number).run()
        return
    found = perform(OPERATION, context_here(), ResultInput(number=number))
    if as_json:
        print_json(found)
    else:
        click.echo(OPERATION.render(found), nl=False)


@dataclass(slots=True)
class _Reviewing:
    """One person at the keyboard."""

    keyboard: "Keyboard"
    position: int | None  # number of the action that is shown; None: the one that waits longest
    said: str = ""  # what came of the key before
    over: bool = False
    _keys: Mapping[str, Callable[["Result"], None]] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = {
            "n": lambda result: self._move(result, 1),
            "p": lambda result: self._move(result, -1),
            "a": self._accept,
            "s": self._send_back,
            "e": self._send_back_edited,
            "x": self._drop,
            "d": self._diff,
            "q": self._quit,
        }

    def run(self) -> None:
        """Show one result after the other until there is none, or the person leaves."""
        while not self.over:
            try:
                result = self._read()
            except UserError as error:
                if not self.said:
                    raise
                click.echo(f"{self.said}\n{printable(str(error), LINE)}")
                return
            self._show(result)
            self.said = ""
            key = self._key()
            action = self._keys.get(ARROWS.get(key, key).lower(), self._unknown)
            try:
                action(result)
            except UserError as error:  # such as a result that has moved on: it is shown again as it is now
                self.said = printable(str(error), LINE)

    def _read(self) -> "Result":
        from overnight.actions.operations.result import OPERATION, ResultInput
        from overnight.operations.perform import perform

        return perform(OPERATION, context_here(), ResultInput(number=self.position))

    def _show(self, result: "Result") -> None:
        from rich.console import Console

        from overnight.cli.result_screen import draw_result

        numbers = _waiting()
        console = Console()
        console.clear()
        console.print(draw_result(result))
        place = f"{numbers.index(result.number) + 1} of {len(numbers)} " if result.number in numbers else ""
        if self.said:
            click.secho(f"\n{self.said}", bold=True)
        click.echo(f"\n{place}{KEYS}")

    def _move(self, result: "Result", step: int) -> None:
        numbers = _waiting()
        if not numbers:
            self.said = "no result waits for you"
            return
        at = numbers.index(result.number) if result.number in numbers else -1 if step > 0 else 0
        if not 0 <= at + step < len(numbers):
            self.said = "this is the last one" if step > 0 else "this is the first one"
            return
        self.position = numbers[at + step]

    def _accept(self, result: "Result") -> None:
        if result.flags and not self._means(f"accept in spite of: {printable(listed(result.flags, FLAGS), LINE)}?"):
            return
        self._judge("accept", number=result.number, commit=result.commit)

    def _send_back(self, result: "Result") -> None:
        text = ""
        with self.keyboard.lines(), suppress(click.Abort):
            empty = "try the step again" if result.is_only_stuck else "not sent"
            text = click.prompt(f"what is to change (nothing: {empty})", default="", show_default=False)
            if result.is_only_stuck and not text.strip():
                self._judge("send back", number=result.number, text="", commit=result.commit)
        self._send(result, text)

    def _send_back_edited(self, result: "Result") -> None:
        with self.keyboard.lines():
            text = click.edit("") or ""
        self._send(result, text)

    def _send(self, result: "Result", text: str) -> None:
        if text.strip():
            self._judge("send back", number=result.number, text=text, commit=result.commit)

    def _drop(self, result: "Result") -> None:
        if self._means(f"drop #{result.number}? nothing of it is merged"):
            self._judge("drop", number=result.number)

    def _diff(self, result: "Result") -> None:
        from overnight.cli.result_screen import coloured_diff

        with self.keyboard.lines():
            click.echo_via_pager(coloured_diff(result.diff) or "nothing was changed", color=True)

    def _quit(self, _result: "Result") -> None:
        self.over = True

    def _unknown(self, _result: "Result") -> None:
        self.said = "no such key"

    def _key(self) -> str:
        return self.keyboard.key() or "q"

    def _means(self, question: str) -> bool:
        click.echo(f"{question} [y]es, any other key: no")
        return self._key().lower() == "y"

    def _judge(self, name: str, **given: object) -> None:
        """Call an operation through the door, as any other face does."""
        from overnight.operations.perform import perform
        from overnight.operations.registry import find

        operation = find(name)
        if operation is None:
            raise KeyError(name)
        self.said = operation.render(perform(operation, context_here(), operation.input(**given)))
        self.position = None


def _waiting() -> list[int]:
    """The numbers of the results that wait, the one that waits longest first."""
    from overnight.actions.operations.board import OPERATION, BoardInput
    from overnight.operations.perform import perform

    return [line.number for line in perform(OPERATION, context_here(), BoardInput(ended=0)).needs_you]
