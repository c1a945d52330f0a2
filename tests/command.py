"""The command line with repeatable draws: a campaign's secret follows from its test's name and its arguments.

So a test with noise fails because of a change and not by chance; `make fuzz` and the benchmarks use real draws.
"""

import os
import secrets
import sys
from hashlib import sha256
from itertools import count

from overnight.cli.main import main

SECRET_BYTES = 16  # of a campaign; shorter ones are parts of file names, which concurrent processes must not share

really_random = secrets.token_hex
number = count()


def same_each_time(nbytes: int | None = None) -> str:
    """What a test's process draws: its first secret, its second, …"""
    if nbytes is None or nbytes != SECRET_BYTES:
        return really_random(nbytes)
    name = f"{os.environ['PYTEST_CURRENT_TEST']} {sys.argv[1:]} {next(number)}"
    return sha256(name.encode()).hexdigest()[: 2 * nbytes]


if __name__ == "__main__":
    if "PYTEST_CURRENT_TEST" in os.environ and "EXAMPLES" not in os.environ:
        secrets.token_hex = same_each_time
    main()
