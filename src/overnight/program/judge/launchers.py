"""Programs that run the command in their arguments: `timeout 10 python x.py`, `uv run x.py`; and a shell's own words."""

import re
from collections.abc import Callable, Mapping, Sequence


def each(names: str) -> frozenset[str]:
    """The names in a text, separated by blanks."""
    return frozenset(names.split())


# Each with the words that must follow it to run a command; none if its arguments are the command at once.
LAUNCHERS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        each("""
        exec command builtin env time gtime timeout gtimeout nice ionice chrt nohup setsid stdbuf unbuffer taskset numactl
        cpulimit prlimit systemd-run sudo doas xargs npx bunx pnpx uvx xvfb-run strace ltrace valgrind catchsegv mpirun
        mpiexec srun busybox caffeinate dotenv faketime setarch unshare fakeroot chronic cross-env c8 nyc nodemon watch rr
        """),
        frozenset[str](),
    ),
    **dict.fromkeys(each("uv poetry pdm hatch pipenv rye pixi conda mamba micromamba"), frozenset({"run"})),
    **dict.fromkeys(each("npm pnpm yarn"), frozenset({"exec", "x", "dlx", "node"})),
    "flock": frozenset[str](),
    "bundle": frozenset({"exec"}),
    "pipx": frozenset({"run"}),
    "perf": frozenset({"stat", "record"}),
    "direnv": frozenset({"exec"}),
    "accelerate": frozenset({"launch"}),
    "coverage": frozenset({"run"}),
}
# Those that take a script by its bare name, as an interpreter does.
RUN_SCRIPTS = frozenset({"uv", "pdm", "pipx", "accelerate", "coverage", "nodemon"})
_BEFORE = frozenset({"if", "then", "elif", "else", "do", "while", "until", "!", "{", "time", "coproc", "function"})
_NO_COMMAND = frozenset({"for", "case", "select", "[", "[[", "test", "echo", "printf", "alias", "unset"})
_NAMED = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
_AMOUNT = re.compile(r"(?:0x)?[\d][\w.,:-]*|\.")  # a duration, a count, a mask


def is_assignment(word: str) -> bool:
    """Whether a word is `name=value`."""
    return _NAMED.match(word) is not None


def without_keywords(words: Sequence[str]) -> Sequence[str]:
    """A simple command without the shell's own words before it; empty if it runs nothing."""
    start = 0
    while start < len(words) and (words[start] in _BEFORE or is_assignment(words[start])):
        start += 2 if words[start : start + 2] in (["time", "-p"], ["function", *words[start + 1 : start + 2]]) else 1
    rest = words[start:]
    return [] if rest and rest[0] in _NO_COMMAND else rest


def split_string(arguments: Sequence[str]) -> str:
    """The text of a command that `env -S` splits into words; empty if it is not asked to."""
    for index, word in enumerate(arguments):
        for option in ("-S", "--split-string="):
            if word.startswith(option):
                return " ".join([word.removeprefix(option), *arguments[index + 1 :]])
        if not word.startswith("-") and not is_assignment(word):
            break
    return ""


def launched(name: str, arguments: Sequence[str], known: Callable[[str], bool]) -> Sequence[str] | None:
    """The command that a launcher runs; None if this program is no launcher.

    Options are skipped. The word after an option is its value unless it is `known`, so that no table of options is needed.
    """
    if name not in LAUNCHERS:
        return None
    if name == "flock":  # its first argument is a file of its own
        arguments = [word for word in arguments if not word.startswith("-")][1:]
    after_option, subcommands = False, LAUNCHERS[name]
    for index, word in enumerate(arguments):
        if word in subcommands:
            return launched_by_arguments(arguments[index + 1 :], known)
        if word.startswith("-"):
            after_option = True
        elif subcommands and not after_option:
            return None
        elif not subcommands:
            return launched_by_arguments(arguments, known)
        else:
            after_option = False
    return None


def launched_by_arguments(arguments: Sequence[str], known: Callable[[str], bool]) -> Sequence[str]:
    """The command that begins somewhere in the arguments."""
    after_option = False
    for index, word in enumerate(arguments):
        if word.startswith("-"):
            after_option = "=" not in word and word != "--"
        elif known(word):
            return arguments[index:]
        elif is_assignment(word) or _AMOUNT.fullmatch(word) or after_option:
            after_option = False
        else:
            return arguments[index:]
    return []
