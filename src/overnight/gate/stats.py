"""The plain mathematics of the gate: evidence from pairs, intervals, drift; no state and no randomness."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

BETS = (0.3, 0.8, 2.4)  # in mean absolute differences: small, medium and large effects; tuned in bench/gate
LARGEST = 1e150  # differences are cut here, so that a square never overflows
_LOG_2 = math.log(2.0)
_BISECTIONS = 30  # 2^-30 of the bracket is far below any noise


def mean(values: Sequence[float]) -> float:
    """The mean, exact when all values are the same."""
    first = values[0]
    return first + math.fsum(value - first for value in values) / len(values)


def sum_of_squares(values: Sequence[float]) -> float:
    """The sum of squared deviations from the mean; 0 for fewer than two values."""
    if len(values) <= 1:
        return 0.0
    centre = mean(values)
    return math.fsum((value - centre) ** 2 for value in values)


def clip(value: float, bound: float) -> float:
    """`value` within -bound..bound."""
    return max(-bound, min(bound, value))


def bet_payoffs(differences: Sequence[float]) -> tuple[float, ...]:
    """The log payoff of each bet of `BETS` on these paired differences, in order; see `log_label_swap`."""
    return deque(_payoffs(differences), maxlen=1).pop() if differences else (0.0,) * len(BETS)


def log_label_swap(differences: Sequence[float]) -> float:
    """ln E of the label-swap e-process for differences (positive: candidate better) that are centred above 0.

    E = mean over bets l of prod_i 2 / (1 + exp(-2 l D_i / s_i)), with s_i the mean of |D_1|..|D_i|; ties (D = 0) are ignored.
    If each D_i, given its past, is symmetric about a centre at or below 0, whatever its law, E is a supermartingale that starts
    at 1: D_i / s_i is odd and never falls as D_i rises, and 2/(1+e^-x) + 2/(1+e^x) = 2. So E may be checked after every pair,
    and E >= 1/alpha happens with probability at most alpha (Ville). It scales itself, so it needs no estimate of the noise.

    Source: de la Pena, Annals of Probability 27 (1999); Ramdas, Ruf, Larsson, Koolen, arXiv:2009.03167 (symmetry);
    the self-scaling is our own, with the argument in docs/gate.md.
    """
    return _mixed(bet_payoffs(differences))


def label_swap_process(differences: Iterable[float]) -> Iterator[float]:
    """ln E of `log_label_swap` after each of the differences."""
    return map(_mixed, _payoffs(differences))


def _payoffs(differences: Iterable[float]) -> Iterator[tuple[float, ...]]:
    """The log payoffs of the bets after each of the differences."""
    payoffs = [0.0] * len(BETS)
    absolute, count = 0.0, 0
    for difference in differences:
        if difference != 0.0:
            count += 1
            absolute += abs(difference)
            standardised = 2.0 * difference * count / absolute
            for place, bet in enumerate(BETS):
                payoffs[place] += _LOG_2 - _softplus(-bet * standardised)
        yield tuple(payoffs)


def _mixed(payoffs: Sequence[float]) -> float:
    """ln of the mean payoff."""
    largest = max(payoffs)
    return largest + math.log(math.fsum(math.exp(payoff - largest) for payoff in payoffs) / len(payoffs))


def centre_interval(differences: Sequence[float], *, error: float = 0.05) -> tuple[float, float] | None:
    """The anytime-valid interval of the centre of symmetry: all centres that neither side's e-process refutes at error/2.

    None while there are too few differences to bound both sides (fewer than 7 at 0.05).
    Source: inversion of an e-process, Ramdas et al., Statistical Science 38 (2023), section 3.
    """
    threshold = math.log(2.0 / error)
    low = _lower_bound(differences, threshold)
    high = _lower_bound([-difference for difference in differences], threshold)
    return None if low is None or high is None else (low, -high)


def _lower_bound(differences: Sequence[float], threshold: float) -> float | None:
    """The centre at which the evidence for "above it" falls to the threshold; None if the evidence never reaches it."""
    if not differences:
        return None
    inside = mean(differences)
    spread = max(differences) - min(differences)
    if spread == 0.0:
        return inside if len(differences) * _LOG_2 - math.log(len(BETS)) >= threshold else None
    outside = inside - 10.0 * spread
    if log_label_swap([difference - outside for difference in differences]) < threshold:
        return None
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2.0
        if log_label_swap([difference - middle for difference in differences]) >= threshold:
            outside = middle
        else:
            inside = middle
    return outside


def mean_interval(values: Sequence[float], *, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean of values whose number was fixed beforehand (the audit's pairs); needs two values."""
    count = len(values)
    half = student_quantile((1.0 + confidence) / 2.0, count - 1) * math.sqrt(sum_of_squares(values) / (count - 1) / count)
    centre = mean(values)
    return centre - half, centre + half


def student_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t for a probability in 0.5..1 and a whole number of degrees of freedom."""
    low, high = 0.0, 1.0
    while student_cdf(high, freedom) < probability:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if student_cdf(middle, freedom) < probability else (low, middle)
    return high


def student_cdf(value: float, freedom: int) -> float:
    """P(T <= value) for value >= 0, exact for a whole number of degrees of freedom.

    Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    angle = math.atan(value / math.sqrt(freedom))
    cosine_squared = math.cos(angle) ** 2
    odd = freedom % 2 == 1
    term = math.cos(angle) if odd else 1.0
    series = 0.0
    for step in range(2 if odd else 1, freedom, 2):
        series += term
        term *= cosine_squared * step / (step + 1)
    area = 2.0 / math.pi * (angle + math.sin(angle) * series) if odd else math.sin(angle) * series
    return 0.5 + area / 2.0


def trend_score(values: Sequence[float]) -> float:
    """How much alike neighbours in time are, as a standard normal score; 0 for constants.

    It uses the rank von Neumann ratio, so that outliers do not look like drift.
    Source: Bartels, JASA 77 (1982).
    """
    ranks = _middle_ranks(values)
    spread = sum_of_squares(ranks)
    if spread == 0.0:
        return 0.0
    steps = math.fsum((after - before) ** 2 for before, after in pairwise(ranks))
    return (2.0 - steps / spread) / 2.0 * math.sqrt(len(values))


def _middle_ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, ties sharing the middle one."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, [place, place])[1] = place
    return [sum(places[value]) / 2.0 for value in values]


def _softplus(value: float) -> float:
    """ln(1 + e^value) without overflow."""
    return value + math.log1p(math.exp(-value)) if value > 0.0 else math.log1p(math.exp(value))
