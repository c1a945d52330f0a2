"""What is due to be shown again, as the course at a terminal offers it."""

import click

from overnight.cli.learn_calls import LINE, Stop, call, say_or_why
from overnight.cli.learn_screen import show_list, show_text
from overnight.tutor.operations.learn_review import Review
from overnight.words.foreign import printable

OFFER = "Enter: now · l: later · q: stop"
KEYS = "Enter: check · s: solution · l: later · q: stop"


def review_due(curriculum: str) -> None:
    """Offer what is due, and go through it until the learner puts it off.

    Raises:
        Stop: they stop.
    """
    show_list("To be shown again, from memory:", call("learn next", curriculum=curriculum).due)
    if _key(OFFER) == "l":
        return
    while (found := call("learn review", curriculum=curriculum)).step and _is_shown(found):
        pass


def _is_shown(found: Review) -> bool:
    """Let one step be shown again; whether it was, and not put off."""
    show_text(found.exercise, f"{printable(found.title, LINE)}, from memory")
    click.echo(f"\nWrite it in {printable(found.file, LINE)} with your editor, and save it.")
    while (key := _key(KEYS)) != "l":
        operation = {"": "learn check", "s": "learn solution"}.get(key)
        answer = operation and say_or_why(operation, step=found.step, curriculum=found.curriculum)
        if answer and operation == "learn check" and answer.passed:
            return True
    return False


def _key(prompt: str) -> str:
    words: str = click.prompt(prompt, default="", show_default=False).strip().lower()
    if words == "q":
        raise Stop
    return words
