"""The jail's system call filter, assembled by hand as classic BPF: it refuses a list of calls and allows all others.

Does not cover: calls that later kernels add; arguments behind pointers; a bug in an allowed call; machines other than x86_64
and aarch64. It is the second barrier: namespaces, the uid and the dropped capabilities are the first.
"""

import errno
import struct
from collections.abc import Sequence
from functools import cache

from overnight.errors import SandboxError
from overnight.jail.syscalls import (
    ABSENT,
    CLONE,
    IGNORED,
    IOCTL,
    MEMFD_CREATE,
    MMAP,
    OPENS,
    PREADV2,
    REFUSED,
    SCHED_SETAFFINITY,
    SETS_MODE,
    SHMGET,
    SOCKET,
)

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*; both are little-endian
_X32_BIT = 0x40000000  # marks calls of the x32 ABI, which share x86_64's architecture

# linux/bpf_common.h: class, size and mode of an instruction.
_LOAD = 0x20  # LD | W | ABS: a word of struct seccomp_data
_JUMP_EQUAL = 0x15  # JMP | JEQ | K
_JUMP_AT_LEAST = 0x35  # JMP | JGE | K
_JUMP_ANY_BIT = 0x45  # JMP | JSET | K
_RETURN = 0x06  # RET | K

# linux/seccomp.h
_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000
_SUCCESS = 0  # as an error number: the call returns 0
_NUMBER_AT = 0  # offsets in struct seccomp_data
_ARCHITECTURE_AT = 4
_ARGUMENTS_AT = 16

_NEW_NAMESPACES = 0x7E020080  # CLONE_NEWNS, NEWTIME, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_TERMINAL_INJECTION = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_SOCKET_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6; not AF_VSOCK, which no network namespace contains
_SET_ID = 0o6000  # S_ISUID, S_ISGID: outside the jail, such a file of ours would give others our rights
# Calls that are refused if an argument has one of some flags: the argument, the flags, the error.
_REFUSED_FLAGS = (
    (CLONE, 0, _NEW_NAMESPACES, errno.EPERM),
    # Memory from the machine's reserved huge pages, which no memory limit counts: MAP_, MFD_ and SHM_HUGETLB.
    (MMAP, 3, 0x40000, errno.ENOMEM),
    (MEMFD_CREATE, 1, 0x4, errno.ENOMEM),
    (SHMGET, 2, 0o4000, errno.ENOMEM),
    (*PREADV2, errno.EOPNOTSUPP),
    *((call, mode, _SET_ID, errno.EPERM) for call, mode in SETS_MODE.values()),
)
_CREATING = 0o20000100  # O_CREAT and the bit of O_TMPFILE that is its own: only with these does a mode count
_NETLINK = 16  # only for NETLINK_ROUTE, protocol 0: how libc lists the interfaces


@cache
def build_filter(machine: str, *, pinned: bool = False) -> bytes:
    """The filter for a machine, by its name in `uname`, as an array of struct sock_filter.

    With `pinned` the job cannot choose its processors; needed if no control group restricts it to its own.

    Raises:
        SandboxError: the system call numbers of this machine are not known.
    """
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        raise SandboxError(f"the jail has no system call filter for {machine}", fix="use an x86_64 or aarch64 machine")
    return b"".join(
        [
            _load(_ARCHITECTURE_AT),
            _jump(_JUMP_EQUAL, architecture, then=1),
            _give(_KILL_PROCESS),
            _load(_NUMBER_AT),
            *([_jump(_JUMP_AT_LEAST, _X32_BIT, otherwise=1), _refuse(errno.ENOSYS)] if machine == "x86_64" else []),
            *(_refuse_call(call.number(machine), errno.EPERM) for call in REFUSED.values()),
            *(_refuse_call(call.number(machine), errno.ENOSYS) for call in ABSENT.values()),
            *([_refuse_call(SCHED_SETAFFINITY.number(machine), errno.EPERM)] if pinned else []),
            *(_examine(call.number(machine), _refuse_flags(*checked)) for call, *checked in _REFUSED_FLAGS),
            _examine(IOCTL.number(machine), _refuse_injection()),
            _examine(SOCKET.number(machine), _refuse_families()),
            *(_examine(call.number(machine), _refuse_created_set_id(mode)) for call, mode in OPENS.values()),
            *(_examine(call.number(machine), _ignore(at, values)) for call, at, values in IGNORED.values()),
            _give(_ALLOW),
        ]
    )


def _refuse_flags(argument: int, flags: int, error: int) -> bytes:
    return _load_argument(argument) + _jump(_JUMP_ANY_BIT, flags, otherwise=1) + _refuse(error)


def _ignore(argument: int, values: Sequence[int]) -> bytes:
    checks = (_jump(_JUMP_EQUAL, value, otherwise=1) + _refuse(_SUCCESS) for value in values)
    return _load_argument(argument) + b"".join(checks)


def _refuse_injection() -> bytes:
    checks = (_jump(_JUMP_EQUAL, request, otherwise=1) + _refuse(errno.EPERM) for request in _TERMINAL_INJECTION)
    return _load_argument(1) + b"".join(checks)


def _refuse_families() -> bytes:
    allowed = (_jump(_JUMP_EQUAL, family, otherwise=1) + _give(_ALLOW) for family in _SOCKET_FAMILIES)
    netlink = _jump(_JUMP_EQUAL, _NETLINK, otherwise=3) + _load_argument(2) + _jump(_JUMP_EQUAL, 0, otherwise=1) + _give(_ALLOW)
    return _load_argument(0) + b"".join(allowed) + netlink + _refuse(errno.EAFNOSUPPORT)


def _refuse_created_set_id(mode: int) -> bytes:
    refused = _refuse_flags(mode, _SET_ID, errno.EPERM)
    return _load_argument(mode - 1) + _jump(_JUMP_ANY_BIT, _CREATING, otherwise=len(refused) // 8) + refused


def _examine(number: int | None, checks: bytes) -> bytes:
    """Checks of one call's arguments; a call that passes them is allowed."""
    body = checks + _give(_ALLOW)
    return b"" if number is None else _jump(_JUMP_EQUAL, number, otherwise=len(body) // 8) + body


def _refuse_call(number: int | None, error: int) -> bytes:
    return b"" if number is None else _jump(_JUMP_EQUAL, number, otherwise=1) + _refuse(error)


def _load(offset: int) -> bytes:
    return _instruction(_LOAD, value=offset)


def _load_argument(index: int) -> bytes:
    """The low word of an argument: the kernel reads only that of the arguments we check."""
    return _load(_ARGUMENTS_AT + 8 * index)


def _jump(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return _instruction(code, then=then, otherwise=otherwise, value=value)


def _refuse(error: int) -> bytes:
    return _give(_ERRNO | error)


def _give(action: int) -> bytes:
    return _instruction(_RETURN, value=action)


def _instruction(code: int, *, then: int = 0, otherwise: int = 0, value: int) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, value)
