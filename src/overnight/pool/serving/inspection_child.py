"""Looks into the texts of strangers in a process of its own: `python -I -m overnight.pool.serving.inspection_child CPU_S`.

A megabyte of Python takes seconds and hundreds of megabytes to parse, and the parser lets no other thread run meanwhile. It
reads pickled texts of the process that started it, each after its length, and writes a line of JSON for each.

Does not cover: a text that takes over the parser; no system call is refused to it.
"""

import json
import pickle
import resource
import signal
import sys
from dataclasses import asdict

from overnight.pool.serving.inspection import inspect

MEMORY_BYTES = 2 * 2**30
LENGTH_BYTES = 8


def main() -> None:
    """Answer each text, until there are no more; one that takes longer than the argument ends the process."""
    limit_s = float(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    given, said = sys.stdin.buffer, sys.stdout.buffer
    while length := given.read(LENGTH_BYTES):
        text = pickle.loads(given.read(int.from_bytes(length, "big")))  # noqa: S301  # of our own process
        signal.setitimer(signal.ITIMER_PROF, limit_s)
        found = inspect(text)
        signal.setitimer(signal.ITIMER_PROF, 0)
        said.write(json.dumps(asdict(found)).encode() + b"\n")
        said.flush()


if __name__ == "__main__":
    main()
