"""The command line with repeatable draws: a campaign's secret follows from its test's name and its arguments.

So a test with noise fails because of a change and not by chance; `make fuzz` and the benchmarks use real draws.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import count

SECRET_BYTES = 16  # of a campaign; shorter ones are parts of file names, which concurrent processes must not share


def draws_of(arguments: Sequence[str]) -> Callable[..., str]:
    """What a command with these arguments draws in this test: its first secret, its second, …; real ones elsewhere."""
    really_random = secrets.token_hex
    if "PYTEST_CURRENT_TEST" not in os.environ or "EXAMPLES" in os.environ:
        return really_random
    test, number = os.environ["PYTEST_CURRENT_TEST"], count()

    def same_each_time(nbytes: int | None = None) -> str:
        if nbytes != SECRET_BYTES:
            return really_random(nbytes)
        name = f"{test} {list(arguments)} {next(number)}"
        return sha256(name.encode()).hexdigest()[: 2 * nbytes]

    return same_each_time


if __name__ == "__main__":
    import sys

    from overnight.cli.main import main

    secrets.token_hex = draws_of(sys.argv[1:])
    main()
