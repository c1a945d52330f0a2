"""Where a proposal comes from beside its author: a search on trials of its own, or earlier proposals put together."""

from collections.abc import Sequence

from overnight.words.quantities import counted, listed

NAMED = 8  # experiments that are put together


def origin_words(searched: int, together: Sequence[int] = (), *, unscreened: bool = False) -> str:
    """Such as `found by 34 search trials, not screened`, or `#12 and #15 together`; empty for any other proposal."""
    found = f"found by {counted(searched, 'search trial')}{', not screened' if unscreened else ''}" if searched else ""
    joined = f"{listed((f'#{number}' for number in together), NAMED)} together" if together else ""
    return "; ".join(filter(None, (found, joined)))
