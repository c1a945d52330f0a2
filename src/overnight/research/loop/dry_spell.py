"""A researcher's proposals in a row that came to nothing: what was wrong with them, and when it is not asked any more."""

from collections import Counter, deque
from dataclasses import dataclass, field

from overnight.agents.hindrance import Hindrance
from overnight.words.quantities import compact, counted, duration

TRIES = 10  # at least
TOKENS = 500_000  # with which something new should have come
LAST = 3  # tries whose problems are in the next brief
FREE = 2  # tries that follow one another without a pause
MISSING = 3  # tries in a row whose program is not there: that does not pass
SHARE = 30  # the longest pause is the patience over this


@dataclass(slots=True, kw_only=True)
class DrySpell:
    """The tries since the last proposal that was worth a trial."""

    patience_s: float  # how long nothing new may come
    began_s: float  # on the campaign's clock
    waited_for: bool = True  # it made a proposal in this session: what keeps it from working may pass
    tries: int = 0
    tokens: int = 0  # that they used
    hindered: Counter[Hindrance | None] = field(default_factory=Counter)  # what kept it from working, by tries
    problems: deque[str] = field(default_factory=lambda: deque(maxlen=LAST))  # of the last ones, newest last

    def add(self, problem: str, tokens: int, hindrance: Hindrance | None = None) -> None:
        """A try came to nothing; `hindrance` if the researcher could not work."""
        self.hindered[hindrance] += 1
        self.tries += 1
        self.tokens += tokens
        self.problems.append(problem)

    @property
    def pause_s(self) -> float:
        """How long to wait before the next try: a researcher that fails at once must not fill the record."""
        if self.tries <= FREE:
            return 0.0
        return min(self.patience_s / SHARE, 0.1 * 2.0 ** min(self.tries - FREE, 20))

    def warning(self) -> str:
        """What a person should know once the tries have become many; empty before and after."""
        if self.tries != TRIES:
            return ""
        pause, patience = duration(self.patience_s / SHARE), duration(self.patience_s)
        return (
            f"{counted(self.tries, 'proposal')} in a row came to nothing; asked on after pauses of up to {pause}, until "
            f"{patience} have brought nothing new (the last one: {self.problems[-1]})"
        )

    @property
    def hindrance(self) -> Hindrance | None:
        """What mostly kept the researcher from working; None if it did work and came to nothing."""
        hindered = self.tries - self.hindered[None]
        return None if 2 * hindered <= self.tries else max(Hindrance, key=lambda kind: self.hindered[kind])

    def over(self, now_s: float) -> str:
        """Why the researcher is not asked any more; empty while it is."""
        spent_s = now_s - self.began_s
        if self.tries == self.hindered[Hindrance.MISSING] >= MISSING:
            return self.problems[-1]
        patient = spent_s < self.patience_s and self.tokens < TOKENS
        if self.tries < TRIES or (patient and (self.waited_for or not self.hindrance)):
            return ""
        cost = f" and {compact(self.tokens)} tokens" if self.tokens else ""
        tries = f"{counted(self.tries, 'proposal')} in a row came to nothing"
        return f"nothing new in {duration(spent_s)}{cost} ({tries}; the last one: {self.problems[-1]})"
