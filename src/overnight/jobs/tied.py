"""Commands that end with the process that starts them, however that ends: the kernel sends them SIGTERM.

Does not cover: a start in another thread than that which lives on; the kernel looks at the thread.
"""

import os
import sys
from collections.abc import Sequence

# Its arguments: the process that starts it, and the command. If that process is gone already, nothing is run.
_TIED = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15);"
    "os.getppid() == int(sys.argv[1]) and os.execv(sys.argv[2], sys.argv[2:])"
)


def tied(*command: str) -> Sequence[str]:
    """A command, tied to this process; its program is named by its whole path."""
    return (sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *command)
