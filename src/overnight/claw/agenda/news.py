"""What is new in a list that an operation answers: each item once, with its picture if it has one."""

from dataclasses import dataclass, replace
from pathlib import Path

from overnight.claw.agenda.conditions import Condition, answer_of
from overnight.claw.pictures import is_picture
from overnight.operations.operation import Context
from overnight.operations.principal import Origin
from overnight.words.foreign import printable

WORDS = 300  # characters of an item


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something new."""

    number: int
    text: str  # as the operation words it
    origin: Origin  # whose words that are
    picture: str  # its file; empty: it has none
    answers: tuple[tuple[str, str], ...]


async def news(condition: Condition, context: Context, *, after: int) -> tuple[Item, ...]:
    """Those with a larger number, the oldest first.

    Raises:
        CannotLook: it cannot be found out.
    """
    since = replace(condition, given={**condition.given, "after": after})
    operation, found = await answer_of(since, context)
    items = []
    for each in found if isinstance(found, list | tuple) else ():
        number, path = getattr(each, "number", 0), str(getattr(each, "path", ""))
        if number > after:
            words = operation.render([each])
            items.append(
                Item(
                    number=number,
                    text=printable(" ".join((words.replace(path, "") if path else words).split()), WORDS),
                    origin=operation.words_of([each]),
                    picture=path if path and is_picture(Path(path)) else "",
                    answers=tuple((label, said.replace("{number}", str(number))) for label, said in condition.answers),
                )
            )
    return tuple(sorted(items, key=lambda item: item.number))
