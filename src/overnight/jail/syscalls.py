"""The numbers of the system calls that jobs may not make, or may make only with some arguments.

Source: Linux `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Syscall:
    """A system call's number by machine; None if the machine has no such call."""

    x86_64: int
    aarch64: int | None

    def number(self, machine: str) -> int | None:
        """The number on a machine, by its name in `uname`."""
        return self.x86_64 if machine == "x86_64" else self.aarch64


# Refused with EPERM: calls that change the machine, inspect other processes, or are kernel surface that no job needs.
REFUSED = {
    "_sysctl": Syscall(156, None),
    "acct": Syscall(163, 89),
    "add_key": Syscall(248, 217),
    "adjtimex": Syscall(159, 171),
    "bpf": Syscall(321, 280),
    "chroot": Syscall(161, 51),
    "clock_adjtime": Syscall(305, 266),
    "clock_settime": Syscall(227, 112),
    "delete_module": Syscall(176, 106),
    "fanotify_init": Syscall(300, 262),
    "finit_module": Syscall(313, 273),
    "fsconfig": Syscall(431, 431),
    "fsmount": Syscall(432, 432),
    "fsopen": Syscall(430, 430),
    "fspick": Syscall(433, 433),
    "init_module": Syscall(175, 105),
    "ioperm": Syscall(173, None),
    "iopl": Syscall(172, None),
    "kcmp": Syscall(312, 272),
    "kexec_file_load": Syscall(320, 294),
    "kexec_load": Syscall(246, 104),
    "keyctl": Syscall(250, 219),
    "lookup_dcookie": Syscall(212, 18),
    "modify_ldt": Syscall(154, None),
    "mount": Syscall(165, 40),
    "mount_setattr": Syscall(442, 442),
    "move_mount": Syscall(429, 429),
    "name_to_handle_at": Syscall(303, 264),
    "nfsservctl": Syscall(180, 42),
    "open_by_handle_at": Syscall(304, 265),
    "open_tree": Syscall(428, 428),
    "perf_event_open": Syscall(298, 241),
    "personality": Syscall(135, 92),
    "pidfd_getfd": Syscall(438, 438),
    "pivot_root": Syscall(155, 41),
    "process_madvise": Syscall(440, 440),
    "process_vm_readv": Syscall(310, 270),
    "process_vm_writev": Syscall(311, 271),
    "ptrace": Syscall(101, 117),
    "quotactl": Syscall(179, 60),
    "quotactl_fd": Syscall(443, 443),
    "reboot": Syscall(169, 142),
    "request_key": Syscall(249, 218),
    "setdomainname": Syscall(171, 162),
    "sethostname": Syscall(170, 161),
    "setns": Syscall(308, 268),
    "settimeofday": Syscall(164, 170),
    "swapoff": Syscall(168, 225),
    "swapon": Syscall(167, 224),
    "syslog": Syscall(103, 116),
    "umount2": Syscall(166, 39),
    "unshare": Syscall(272, 97),
    "uselib": Syscall(134, None),
    "userfaultfd": Syscall(323, 282),
    "vhangup": Syscall(153, 58),
}

# Refused with ENOSYS, as by an older kernel, so that programs fall back to calls that we can inspect.
ABSENT = {
    "cachestat": Syscall(451, 451),  # says which parts of a file are in memory: what earlier jobs read
    "clone3": Syscall(435, 435),  # its flags are behind a pointer, where no filter can see them
    "mincore": Syscall(27, 232),  # the same
    "io_uring_enter": Syscall(426, 426),
    "io_uring_register": Syscall(427, 427),
    "io_uring_setup": Syscall(425, 425),  # works inside the kernel, past every filter
    "openat2": Syscall(437, 437),  # its mode is behind a pointer
}

# Refused with the error of an older kernel if the flags, in this argument, have a bit: reads only what is in memory.
PREADV2 = (Syscall(327, 286), 5, 0x8)  # RWF_NOWAIT

# Answered with success, without effect, if the advice, at this place among the arguments, is one of these: it would take
# files out of memory, and the next job, of another tree, would wait for the disk.
IGNORED = {
    "fadvise64": (Syscall(221, 223), 3, (4,)),  # POSIX_FADV_DONTNEED
    "madvise": (Syscall(28, 233), 2, (20, 21)),  # MADV_COLD, MADV_PAGEOUT
}

# Refused with EPERM if the mode, at this place among the arguments, has a set-user-id or set-group-id bit. `mkdir` is not
# here: the kernel ignores these bits in its mode.
SETS_MODE = {
    "chmod": (Syscall(90, None), 1),
    "fchmod": (Syscall(91, 52), 1),
    "fchmodat": (Syscall(268, 53), 2),
    "fchmodat2": (Syscall(452, 452), 2),
    "creat": (Syscall(85, None), 1),
    "mknod": (Syscall(133, None), 1),
    "mknodat": (Syscall(259, 33), 2),
}

# The same, if the flags, in the argument before the mode, create a file: else the mode may be whatever a register held.
OPENS = {
    "open": (Syscall(2, None), 2),
    "openat": (Syscall(257, 56), 3),
}

# Refused with some arguments, or to some jobs.
CLONE = Syscall(56, 220)
IOCTL = Syscall(16, 29)
MEMFD_CREATE = Syscall(319, 279)
MMAP = Syscall(9, 222)
SCHED_SETAFFINITY = Syscall(203, 122)
SHMGET = Syscall(29, 194)
SOCKET = Syscall(41, 198)
