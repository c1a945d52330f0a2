"""The system call filter, run by a small interpreter of classic BPF, so that it covers other machines too."""

import errno
import os
import re
import struct
from pathlib import Path

import pytest

from overnight.errors import SandboxError
from overnight.jail.seccomp import ARCHITECTURES, build_filter
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

ALLOW = 0x7FFF0000
KILL = 0x80000000
HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+)\s+(\d+)"),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}
CALLS = {
    **REFUSED,
    **ABSENT,
    **{name: call for name, (call, _) in {**SETS_MODE, **OPENS}.items()},
    **{name: call for name, (call, _, _) in IGNORED.items()},
    "clone": CLONE,
    "ioctl": IOCTL,
    "memfd_create": MEMFD_CREATE,
    "mmap": MMAP,
    "preadv2": PREADV2[0],
    "sched_setaffinity": SCHED_SETAFFINITY,
    "shmget": SHMGET,
    "socket": SOCKET,
}
NEWER = {"fchmodat2", "cachestat"}  # than some installed headers: Linux 6.5 and 6.6


def refuse(error: int) -> int:
    return 0x00050000 | error


def judge(machine: str, number: int, *arguments: int, architecture: int | None = None, pinned: bool = False) -> int:
    """What the filter answers to a system call."""
    known = ARCHITECTURES[machine] if architecture is None else architecture
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, known, 0, *(*arguments, *[0] * 6)[:6])
    program = list(struct.iter_unpack("<HBBI", build_filter(machine, pinned=pinned)))
    at, word = 0, 0
    while True:
        code, then, otherwise, value = program[at]
        at += 1
        match code:
            case 0x20:
                (word,) = struct.unpack_from("<I", data, value)
            case 0x06:
                return int(value)
            case 0x15:
                at += then if word == value else otherwise
            case 0x35:
                at += then if word >= value else otherwise
            case 0x45:
                at += then if word & value else otherwise
            case _:
                raise AssertionError(f"instruction {code:#x}")


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_the_kernels(machine: str) -> None:
    """Every number is that of the kernel's own headers, if they are installed."""
    path, pattern = HEADERS[machine]
    if not path.exists():
        pytest.skip(f"no {path} here")
    kernel = {name: int(number) for name, number in re.findall(pattern, path.read_text())}
    named = {name: call.number(machine) for name, call in CALLS.items() if name in kernel or name not in NEWER}
    assert {name: number for name, number in named.items() if number is not None} == {
        name: kernel[name] for name, number in named.items() if number is not None
    }
    assert [name for name, number in named.items() if number is None and name in kernel] == []


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_a_pinned_job_cannot_choose_its_processors(machine: str) -> None:
    """Only such a job may not set them; the related call that reads them is allowed."""
    number = SCHED_SETAFFINITY.number(machine)
    assert number is not None
    assert (judge(machine, number), judge(machine, number, pinned=True)) == (ALLOW, refuse(errno.EPERM))
    assert judge(machine, number + 1, pinned=True) == ALLOW


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_listed_calls_are_refused(machine: str) -> None:
    """Each call of the lists gets its error, whatever its arguments."""
    for calls, error in ((REFUSED, errno.EPERM), (ABSENT, errno.ENOSYS)):
        numbers = [number for call in calls.values() if (number := call.number(machine)) is not None]
        assert {judge(machine, number, *[2**63] * 6) for number in numbers} == {refuse(error)}


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_other_calls_are_allowed(machine: str) -> None:
    """What no list names is allowed."""
    listed = {call.number(machine) for call in CALLS.values()}
    assert {judge(machine, number) for number in range(460) if number not in listed} == {ALLOW}


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_clone_makes_processes_but_no_namespaces(machine: str) -> None:
    """Threads and processes may be created; a flag for any namespace makes the call fail."""
    number = CLONE.number(machine) or 0
    assert judge(machine, number, 0x01200011) == ALLOW  # as fork
    assert judge(machine, number, 0x003D0F00) == ALLOW  # as a thread
    for flag in (0x80, 0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert judge(machine, number, flag | 17) == refuse(errno.EPERM)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_sockets_are_of_known_families(machine: str) -> None:
    """Unix and internet sockets and routing netlink may be opened, nothing else."""
    number = SOCKET.number(machine) or 0
    allowed = [family for family in range(60) if judge(machine, number, family, 1, 0) == ALLOW]
    assert allowed == [1, 2, 10, 16]
    assert judge(machine, number, 16, 3, 9) == refuse(errno.EAFNOSUPPORT)
    assert judge(machine, number, 40, 1, 0) == refuse(errno.EAFNOSUPPORT)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_reserved_huge_pages_cannot_be_used(machine: str) -> None:
    """No memory limit counts them; the calls fail as if none were reserved, and ordinary memory is there as ever."""
    mmap, memfd, shmget = (call.number(machine) or 0 for call in (MMAP, MEMFD_CREATE, SHMGET))
    assert judge(machine, mmap, 0, 4096, 3, 0x22) == ALLOW  # private and anonymous
    assert judge(machine, memfd, 0, 0x3) == ALLOW
    assert judge(machine, shmget, 0, 4096, 0o1600) == ALLOW
    assert judge(machine, mmap, 0, 2**21, 3, 0x22 | 0x40000 | 21 << 26) == refuse(errno.ENOMEM)
    assert judge(machine, memfd, 0, 0x4) == refuse(errno.ENOMEM)
    assert judge(machine, shmget, 0, 2**21, 0o5600) == refuse(errno.ENOMEM)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_terminal_input_cannot_be_injected(machine: str) -> None:
    """The two requests that type into a terminal are refused, even with garbage in the upper half."""
    number = IOCTL.number(machine) or 0
    assert judge(machine, number, 0, 0x5413) == ALLOW
    for request in (0x5412, 0x541C, 0xFFFFFFFF_00005412):
        assert judge(machine, number, 0, request) == refuse(errno.EPERM)


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_a_read_cannot_ask_what_is_in_memory(machine: str) -> None:
    """With `RWF_NOWAIT` it is refused as by a kernel that does not know that; any other read is allowed."""
    call, at, flag = PREADV2
    number = call.number(machine) or 0
    assert judge(machine, number, *[flag] * at, flag | 1) == refuse(errno.EOPNOTSUPP)
    assert judge(machine, number, *[flag] * at, 1) == ALLOW


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("name", IGNORED)
def test_advice_that_empties_the_page_cache_has_no_effect(machine: str, name: str) -> None:
    """It succeeds, so that no program fails for it, and nothing happens; any other advice is taken."""
    call, at, values = IGNORED[name]
    number = call.number(machine) or 0
    done = {advice for advice in range(110) if judge(machine, number, *[0] * at, advice) == refuse(0)}
    assert done == set(values)
    assert {judge(machine, number, *[0] * at, advice) for advice in range(110) if advice not in done} == {ALLOW}


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("name", SETS_MODE)
def test_no_mode_gives_the_rights_of_its_owner(machine: str, name: str) -> None:
    """A mode with a set-user-id or set-group-id bit is refused, even with garbage in the upper half; any other is allowed."""
    call, at = SETS_MODE[name]
    if (number := call.number(machine)) is None:
        pytest.skip(f"{machine} has no {name}")
    for mode in (0o4755, 0o2755, 0o6000, 0o104755, 2**40 | 0o4000):
        assert judge(machine, number, *[0] * at, mode) == refuse(errno.EPERM)
    for mode in (0, 0o755, 0o1777, 0o100644, 0o6000 << 32):
        assert judge(machine, number, *[0o6000] * at, mode) == ALLOW


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("name", OPENS)
def test_no_file_is_created_with_such_a_mode(machine: str, name: str) -> None:
    """The mode counts only where the flags create a file, with a name or without one."""
    call, at = OPENS[name]
    if (number := call.number(machine)) is None:
        pytest.skip(f"{machine} has no {name}")
    before = [0] * (at - 1)
    for flags in (os.O_CREAT, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o20000000 | os.O_WRONLY):
        assert judge(machine, number, *before, flags, 0o4755) == refuse(errno.EPERM)
        assert judge(machine, number, *before, flags, 0o755) == ALLOW
    assert judge(machine, number, *before, os.O_WRONLY | os.O_DIRECTORY, 0o6777) == ALLOW


def test_foreign_architecture_kills() -> None:
    """A call through another architecture's entry, where numbers mean other things, ends the process."""
    assert judge("x86_64", 39, architecture=0x40000003) == KILL  # i386
    assert judge("aarch64", 39, architecture=0x40000028) == KILL  # arm


def test_x32_is_refused() -> None:
    """The second ABI of x86_64 has no calls here."""
    assert judge("x86_64", 0x40000000 | 165) == refuse(errno.ENOSYS)


def test_unknown_machine_is_said() -> None:
    """Without known call numbers there is no jail."""
    with pytest.raises(SandboxError, match="riscv64"):
        build_filter("riscv64")
