"""`overnight log` for meta-campaigns."""

from overnight.meta.operations._of_meta import of_meta
from overnight.research.operations import log

OPERATION = of_meta(log.OPERATION, "List the organisations that a meta-campaign tried.")
