"""The numbers of the system calls that jobs may not make, or only with some arguments.

Source: Linux `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """A system call's number by machine; None where the machine has no such call."""

    x86_64: int
    aarch64: int | None

    def number(self, machine: str) -> int | None:
        """The number on a machine, by its name in `uname`."""
        return self.x86_64 if machine == "x86_64" else self.aarch64


# Refused with EPERM: what changes the machine, looks into other processes, or is kernel surface that no job needs.
REFUSED = {
    "_sysctl": Call(156, None),
    "acct": Call(163, 89),
    "add_key": Call(248, 217),
    "adjtimex": Call(159, 171),
    "bpf": Call(321, 280),
    "chroot": Call(161, 51),
    "clock_adjtime": Call(305, 266),
    "clock_settime": Call(227, 112),
    "delete_module": Call(176, 106),
    "fanotify_init": Call(300, 262),
    "finit_module": Call(313, 273),
    "fsconfig": Call(431, 431),
    "fsmount": Call(432, 432),
    "fsopen": Call(430, 430),
    "fspick": Call(433, 433),
    "init_module": Call(175, 105),
    "ioperm": Call(173, None),
    "iopl": Call(172, None),
    "kcmp": Call(312, 272),
    "kexec_file_load": Call(320, 294),
    "kexec_load": Call(246, 104),
    "keyctl": Call(250, 219),
    "lookup_dcookie": Call(212, 18),
    "modify_ldt": Call(154, None),
    "mount": Call(165, 40),
    "mount_setattr": Call(442, 442),
    "move_mount": Call(429, 429),
    "name_to_handle_at": Call(303, 264),
    "nfsservctl": Call(180, 42),
    "open_by_handle_at": Call(304, 265),
    "open_tree": Call(428, 428),
    "perf_event_open": Call(298, 241),
    "personality": Call(135, 92),
    "pidfd_getfd": Call(438, 438),
    "pivot_root": Call(155, 41),
    "process_madvise": Call(440, 440),
    "process_vm_readv": Call(310, 270),
    "process_vm_writev": Call(311, 271),
    "ptrace": Call(101, 117),
    "quotactl": Call(179, 60),
    "quotactl_fd": Call(443, 443),
    "reboot": Call(169, 142),
    "request_key": Call(249, 218),
    "setdomainname": Call(171, 162),
    "sethostname": Call(170, 161),
    "setns": Call(308, 268),
    "settimeofday": Call(164, 170),
    "swapoff": Call(168, 225),
    "swapon": Call(167, 224),
    "syslog": Call(103, 116),
    "umount2": Call(166, 39),
    "unshare": Call(272, 97),
    "uselib": Call(134, None),
    "userfaultfd": Call(323, 282),
    "vhangup": Call(153, 58),
}

# Refused with ENOSYS, as an older kernel would, so that programs fall back to what we can look into.
ABSENT = {
    "clone3": Call(435, 435),  # its flags lie behind a pointer, where no filter can see them
    "io_uring_enter": Call(426, 426),
    "io_uring_register": Call(427, 427),
    "io_uring_setup": Call(425, 425),  # does its work in the kernel, past every filter
}

# Refused by their arguments, or to some jobs.
CLONE = Call(56, 220)
IOCTL = Call(16, 29)
SCHED_SETAFFINITY = Call(203, 122)
SOCKET = Call(41, 198)
