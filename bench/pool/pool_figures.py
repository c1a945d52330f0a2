"""Shares with their intervals, as the tables of this folder print them."""

import math
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)


def interval(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share. Source: Wilson, JASA 22 (1927)."""
    if not of:
        return 0.0, 1.0
    share, z2 = count / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def share(count: int, of: int) -> str:
    """A share with its interval."""
    low, high = interval(count, of)
    return f"{count / of:.3f} ({low:.3f} to {high:.3f})" if of else "none"
