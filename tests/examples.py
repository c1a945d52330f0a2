"""How many random examples a test tries."""

import os

FACTOR = int(os.environ.get("EXAMPLES", "1"))  # of `make fuzz`


def scaled(count: int) -> int:
    """So many in the suite, more when it is asked for."""
    return count * FACTOR
