"""Fields of a request that change what its tokens cost, or which model is billed: with them no price of the settings holds.

Does not cover: what a provider charges beside tokens (a fee for each web search), and what the account itself sets.
"""

from collections.abc import Mapping

# By field, on any wire: the values at which the usual price holds, or a lower one.
_USUAL: Mapping[str, frozenset[str]] = {
    "service_tier": frozenset({"auto", "default", "standard", "standard_only", "flex"}),
    "serviceTier": frozenset({"standard", "flex", "STANDARD", "FLEX", "SERVICE_TIER_STANDARD", "SERVICE_TIER_FLEX"}),
    "speed": frozenset({"standard"}),
    "inference_geo": frozenset({"global"}),
    "models": frozenset(),  # OpenRouter's list of others to fall back to
    "fallbacks": frozenset(),
    "plugins": frozenset(),
    "preset": frozenset(),
}


def surcharge(body: Mapping[str, object]) -> str:
    """The first field of a request at which no price is sure; empty if there is none."""
    return next((name for name, usual in _USUAL.items() if name in body and not _is_usual(body[name], usual)), "")


def _is_usual(value: object, usual: frozenset[str]) -> bool:
    return value is None or value == [] or (isinstance(value, str) and value in usual)
