"""The objectives of the comparison, by name."""

from importlib import import_module

from tuning.bowls import Bowls
from tuning.held_out import HELD_OUT
from tuning.objective import Objective
from tuning.pricing import Pricing
from tuning.training import Training

FAMILIES: dict[str, type[Objective]] = {family.name: family for family in (Bowls, Training, Pricing)}
KEPT_BACK: dict[str, type[Objective]] = {family.name: family for family in HELD_OUT}  # the tuner is not tuned on them


def family(name: str) -> type[Objective]:
    """An objective's family, by its name or, for one that is not listed here, as `module:Class`.

    Raises:
        KeyError: there is none.
    """
    module, _, found = name.partition(":")
    if not found:
        return (FAMILIES | KEPT_BACK)[name]
    chosen: type[Objective] = getattr(import_module(module), found)
    return chosen
