"""`overnight show` for meta-campaigns."""

from overnight.meta.operations._of_meta import of_meta
from overnight.research.operations import show

OPERATION = of_meta(
    show.OPERATION, "Show one organisation that was tried: its diff, its trials, and the verdict with its reason."
)
