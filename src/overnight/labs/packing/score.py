"""Prints the sum of the radii in circles.json, or what is wrong with them. Frozen."""

import sys
from pathlib import Path

from rules import NoPacking, read_packing, total

try:
    print(f"METRIC sum_of_radii={float(total(read_packing(Path('circles.json').read_text(encoding='ascii')))):.12f}")
except (NoPacking, UnicodeDecodeError) as error:
    sys.exit(f"no packing: {error}")
