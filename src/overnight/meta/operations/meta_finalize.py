"""`overnight finalize` for meta-campaigns."""

from overnight.meta.operations._of_meta import of_meta
from overnight.research.operations import finalize

OPERATION = of_meta(finalize.OPERATION, "Turn the kept changes of the organisation into a clean branch for review.")
