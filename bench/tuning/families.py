"""The objectives of the comparison, by name."""

from tuning.bowls import Bowls
from tuning.objective import Objective
from tuning.pricing import Pricing
from tuning.training import Training

FAMILIES: dict[str, type[Objective]] = {family.name: family for family in (Bowls, Training, Pricing)}
