"""`overnight status` for meta-campaigns."""

from overnight.meta.operations._of_meta import of_meta
from overnight.research.operations import status

OPERATION = of_meta(status.OPERATION, "Show where a meta-campaign stands.")
