"""Which values live: a clear change of each, and group tests that find in few trials those whose change changes nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.space import AxisScale, Dimension
from overnight.research.researchers.tuner.target import Target

MOST_TRIALS = 16

Measure = Callable[[Sequence[str]], Awaitable[bool]]


def probing_value(dimension: Dimension) -> Value | None:
    """A clearly different, plausible value, of two the one that costs less to run; None if there is none."""
    if dimension.scale is AxisScale.OPTIONS:
        return next((option for option in dimension.options if option != dimension.constant.value), None)
    less, more = dimension.moved(-dimension.step), dimension.moved(dimension.step)
    return more if less is None else less


def probe(target: Target, keys: Sequence[str]) -> Mapping[str, bytes]:
    """The new content of the files in which these values are clearly different."""
    wanted = {d.key: value for d in target.space if d.key in keys and (value := probing_value(d)) is not None}
    return target.edit(Move(values=wanted, reason="probe"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveness:
    """What group tests found."""

    dead: tuple[str, ...]  # changing them changed nothing, alone or together with others
    alive: tuple[str, ...]
    unknown: tuple[str, ...]  # the trials were used up first
    trials: int


@dataclass(slots=True)
class GroupTest:
    """Finds the dead ones among values: all at once first, then halves of what lives, the largest group first, or one by one.

    Supposes that changes do not undo each other's effect.
    """

    values: Sequence[str]
    trials: int = 0
    _dead: list[str] = field(default_factory=list)
    _alive: list[str] = field(default_factory=list)
    _open: list[tuple[Sequence[str], Sequence[str]]] = field(default_factory=list)  # a group, and the other half

    def __post_init__(self) -> None:
        if self.values:
            self._open.append((tuple(self.values), ()))

    @property
    def group(self) -> Sequence[str]:
        """The values to change together next; none if all is known."""
        return max(self._open, key=lambda pair: len(pair[0]))[0] if self._open else ()

    def answer(self, *, same: bool) -> None:
        """Take in whether the metric was the same to the last digit with all of `group` changed."""
        pair = max(self._open, key=lambda pair: len(pair[0]))
        self._open.remove(pair)
        self.trials += 1
        group, other = pair
        if same:
            self._dead += group
            self._has_life(other)
        else:
            self._has_life(group)
            if other:
                self._open.append((other, ()))

    def one_by_one(self) -> None:
        """From now on ask of each value alone: cheaper than halves if most of them live."""
        self._open = [((value,), ()) for group, other in self._open for value in (*group, *other)]

    def _has_life(self, group: Sequence[str]) -> None:
        if len(group) == 1:
            self._alive += group
        elif group:
            middle = len(group) // 2
            self._open.append((group[:middle], group[middle:]))

    @property
    def found(self) -> Liveness:
        """What is known so far, each kind in the order of the values."""
        dead, alive = set(self._dead), set(self._alive)
        return Liveness(
            dead=tuple(value for value in self.values if value in dead),
            alive=tuple(value for value in self.values if value in alive),
            unknown=tuple(value for value in self.values if value not in dead | alive),
            trials=self.trials,
        )


async def find_dead(values: Sequence[str], measure: Measure, *, most_trials: int = MOST_TRIALS) -> Liveness:
    """Find the values whose change changes nothing, within a number of trials.

    Args:
        values: keys of constants, each once.
        measure: runs a trial with these values changed (see `probe`), with the seed of a trial of the head; whether the metric
            is that of the head to the last digit. A failed trial is not the same. Only for commands that give one value a seed.
        most_trials: after which the rest stays unknown.
    """
    test = GroupTest(values)
    while test.group and test.trials < most_trials:
        test.answer(same=await measure(test.group))
        if test.trials == 1 and len(values) < most_trials:
            test.one_by_one()
    return test.found
