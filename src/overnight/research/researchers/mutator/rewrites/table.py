"""All known rewrites, in the order of their modules."""

from collections.abc import Mapping

from overnight.research.researchers.mutator.rewrites.building import BUILDING
from overnight.research.researchers.mutator.rewrites.calls import CALLS
from overnight.research.researchers.mutator.rewrites.definitions import DEFINITIONS
from overnight.research.researchers.mutator.rewrites.expressions import EXPRESSIONS
from overnight.research.researchers.mutator.rewrites.hoisting import HOISTING
from overnight.research.researchers.mutator.rewrites.loops import LOOPS
from overnight.research.researchers.mutator.rewrites.needless import NEEDLESS
from overnight.research.researchers.mutator.rewrites.once import ONCE
from overnight.research.researchers.mutator.rewrites.rewrite import Rewrite

_TABLES = (BUILDING, HOISTING, LOOPS, ONCE, DEFINITIONS, NEEDLESS, EXPRESSIONS, CALLS)
REWRITES: Mapping[str, Rewrite] = {rewrite.name: rewrite for table in _TABLES for rewrite in table.rewrites}
