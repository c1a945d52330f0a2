"""How many random examples a test tries."""

import os

FACTOR = int(os.environ.get("EXAMPLES", "1"))  # set by `make fuzz`


def scaled(count: int) -> int:
    """This many in the suite, more with `EXAMPLES`."""
    return count * FACTOR
