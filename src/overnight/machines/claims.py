"""Claims on parts of this machine, by which sessions keep out of each other's way.

A claim is a socket with a name in the kernel's abstract namespace. It is gone with our process, however it ends.

Does not cover: sessions in another network namespace, such as another container; other programs.
"""

import socket
from contextlib import ExitStack


def claim(name: str, claims: ExitStack) -> bool:
    """Claim a name among all sessions until `claims` is closed; False if another has it."""
    with ExitStack() as tried:
        own = tried.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        try:
            own.bind(f"\0{name}")
        except OSError:  # another session has it
            return False
        claims.push(tried.pop_all())
    return True
