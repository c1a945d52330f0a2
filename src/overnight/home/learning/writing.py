"""The loop that has a driver written: ask, judge in the jail by reading alone, hand back what is wrong, up to some rounds.

What a writer says is a file, and nothing else: it is judged as anybody's, see `judge.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from overnight.home.drivers._http import ERROR
from overnight.home.drivers._jailed import Asked, Way
from overnight.home.learning.brief import brief_of, code_in
from overnight.home.learning.exchange import ROUNDS, Exchange, Round, keep_exchange
from overnight.home.learning.judge import Looked, look_at
from overnight.words.foreign import one_line, printable

ANSWER = 300  # characters of an answer of the device that are handed back
HEARD = 12  # answers of the device
WORDS = 200


class NotWritten(Exception):  # noqa: N818  # an outcome
    """The writer cannot be asked now; says why in one line."""


class Brief(Protocol):
    """What is asked; `room`: the share of its foreign text, if it is too long."""

    def __call__(self, *, room: float = 1.0) -> str:
        """All of it."""
        ...


class Writer(Protocol):
    """A model, or an agent."""

    async def write(self, brief: "Brief") -> str:
        """The answer to a brief.

        Raises:
            NotWritten: there is none.
        """
        ...

    @property
    def used(self) -> tuple[int, float]:
        """Tokens and dollars so far."""
        ...


async def go_on(exchange: Exchange, writer: Writer, way: Way, say: Callable[[str], None]) -> tuple[Exchange, Looked | None]:
    """Ask and judge until a driver is right or the rounds are used up; what was found of the last one, if it is right.

    Raises:
        NotWritten: the writer cannot be asked now; the exchange is kept.
    """
    before = exchange.tokens, exchange.cost_usd
    while True:
        last = exchange.rounds[-1] if exchange.rounds else None
        if last is None or last.problems:
            if len(exchange.rounds) >= ROUNDS:
                return exchange, None
            say(f"round {len(exchange.rounds) + 1} of {ROUNDS}: a driver is being written")
            answer = await writer.write(partial(brief_of, exchange))
            tokens, cost_usd = writer.used
            last = Round(source=code_in(answer))
            exchange = replace(
                exchange, rounds=[*exchange.rounds, last], tokens=before[0] + tokens, cost_usd=before[1] + cost_usd
            )
            keep_exchange(exchange)
        looked = await look_at(last.source, way, exchange.trait) if last.source else Looked(problems=["no file was written"])
        absent = [f"it has no {each.method} {each.path} ({each.status})" for each in looked.asked if each.status >= ERROR]
        problems = [one_line(each, WORDS) for each in dict.fromkeys([*absent, *looked.problems])] if looked.problems else []
        exchange = exchange.judged(replace(last, problems=problems, heard=_heard(looked.asked)))
        keep_exchange(exchange)
        if not problems:
            return exchange, looked
        say(f"round {len(exchange.rounds)} of {ROUNDS}: {problems[0]}")


def _heard(asked: Sequence[Asked]) -> Sequence[str]:
    lines = (
        f"{each.method} {printable(each.path, WORDS)} -> {each.status or 'no answer'} {one_line(each.answer, ANSWER)}"
        for each in asked
    )
    return list(dict.fromkeys(lines))[:HEARD]
