"""What a line of a failed command's output says of the failure, by the forms that languages and tools print.

Each pattern is matched from the start of a line of bounded length, and none backtracks over more than that line.
"""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum

TRACEBACK = "Traceback (most recent call last):"


class Kind(IntEnum):
    """How much a line says of why a command failed."""

    PLAIN = 0
    HINT = 1  # mentions an error, in no form that is known
    DIAGNOSTIC = 2  # of a compiler, a test or a shell: the first one says most
    RAISED = 3  # the last words of a program that its own error ended: the last one says most


# Says only that something else failed, or what to type for more; whatever it looks like, it is not why.
_AROUND = (
    r"make(?:\[\d+\])?: (?:\*\*\* .*\bError \d+$|Leaving |Entering )",
    r"ninja: (?:build stopped|error: .*subcommand)",
    r"Node\.js v\d",
    r"note: ",
    r"For more information|Some errors have detailed|stack backtrace:",
    r"error: (?:could not compile|aborting due to|build failed$|process didn't exit|test failed,|Recipe )",
    r"error Command failed",
    r"error: (?:subprocess-exited-with-error|metadata-generation-failed|failed-wheel-build-for-install)$",  # pip
    r"[\N{MULTIPLICATION SIGN}] (?:.* did not run successfully|Encountered error while generating package metadata)\.$",  # pip
    r"collect2: error: ld returned",
    r"exit status \d+$",
    r"FAIL(?:\t.*)?$",
    r"npm (?:ERR!|error)(?: (?:code|errno|syscall|path|lifecycle|workspace|location|command|signal|in workspace)\b|  |\s*$)",
    r"npm (?:ERR!|error) (?:A complete|This is probably|To see a list|Lifecycle script)",
    r"(?:Run|See) '[^']*--help'",
    r"B(?:UILD|uild) (?:FAILED|failed)\W*$",
    r"cc1?(?:plus)?: (?:all|some) warnings",
    r".*\b(?:returned non-zero exit status|Error compiling objects|ChildFailedError|exited with (?:code|status) \d)",
    r".*\bfailed with (?:exit (?:code|status)|error code)",
)
_RAISED = (
    r"(?:Uncaught )?(?:[a-z_][\w$]*[.:]+)*(?:[A-Z]\w*)?(?:Error|Exception|Interrupt|Exit)(?: \[[^\]]*\])?(?:: |:?$)",
    r"panic: ",
    r"fatal error: (?:all goroutines|runtime|stack|concurrent)",
    r"thread '[^']*'.* panicked at ",
    r"Exception in thread |Caused by: \S",
    r"Fatal Python error: ",
    r"terminate called after|  what\(\): ",
    r"\S+:\d+:in .*\(\w[\w:]*\)$",  # Ruby
    r".*\bERROR: \w+Sanitizer: ",
    r".*: Assertion .* failed\.$",
    r"(?:\S+: )?(?:line \d+: )?.{0,20}(?:Segmentation fault|Bus error|Illegal instruction)",
)
_DIAGNOSTIC = (
    r"E  +\S",  # pytest
    r"(?:\S+: )?(?:fatal |internal compiler |syntax )?error(?:\[\w+\]| [A-Z]+\d+)?: \S",
    r"\S+(?: -)? error TS\d+: ",
    r"\S+\.go:\d+(?::\d+)?: \S",
    r".*\b(?:undefined reference to |cannot find -l)",
    r"fatal: \S",
    r"\s*[\N{MULTIPLICATION SIGN}\N{BALLOT X}\N{HEAVY MULTIPLICATION X}\N{BLACK CIRCLE}] \S",  # uv, mocha, jest
    r"\s*--- FAIL: |not ok \d",
    r"npm (?:ERR!|error) \S",
    r"docker: \S",
    r"\S*.{0,20}\bline \d+: syntax error",
    r"make(?:\[\d+\])?: \*\*\* ",
)
_HINT = (
    r".*?\b(?:errors?|fail(?:ed|ures?|s)?|fatal|cannot|can't|couldn't|could not|unable|abort(?:ed|ing)?|not found|denied)\b",
    r".*?\b(?:refused|killed|missing|invalid|unexpected|undefined|unbound|no such|out of memory|core dumped|assert\w*)\b",
)
_BY_SHELL = re.compile(r"\S*\w: ")
_SHELL_SAYS = re.compile(  # at the end of what a shell or a tool of the system prints
    r": (?:command )?(?:not found|unbound variable|parameter not set|parameter null or not set|Permission denied|Is a directory"
    r"|No such file or directory|Read-only file system|Not a directory|cannot execute: required file not found)$"
)
_SHELL_TAIL = 80  # characters in which that is looked for
_NUMBER = re.compile(r".*?\b(?:errors?|fail(?:ed|ures?)?)\W{1,3}[-+]?[\d.]+%?(?:\W|$)", re.IGNORECASE)  # `error: 0.31`
_WARNING = re.compile(r"(?:\S+: )?(?:\w*Warning: |warning\b)", re.IGNORECASE)
_IS_AROUND = re.compile("|".join(_AROUND))  # without indent: one pattern looks through the whole line, for each blank again
_FORMS = (
    (Kind.RAISED, re.compile("|".join(_RAISED))),
    (Kind.DIAGNOSTIC, re.compile("|".join(_DIAGNOSTIC), re.IGNORECASE)),
    (Kind.HINT, re.compile("|".join(_HINT), re.IGNORECASE)),
)


def kinds_of(lines: Sequence[str]) -> Iterator[Kind]:
    """What each line says; a Python exception of any name is known by the traceback before it."""
    traced = False
    for line in lines:
        if line.endswith(TRACEBACK):
            traced = True
            yield Kind.PLAIN
        elif traced and not _inside(line).startswith(" "):
            traced = False
            yield Kind.PLAIN if is_around(line) else Kind.RAISED
        else:
            yield _kind(line)


def is_around(line: str) -> bool:
    """Whether a line only says that something else failed."""
    return _IS_AROUND.match(line.lstrip()) is not None


def _kind(line: str) -> Kind:
    if is_around(line) or _WARNING.match(line):
        return Kind.PLAIN
    if _is_of_shell(line):
        return Kind.DIAGNOSTIC
    if _NUMBER.match(line):
        return Kind.PLAIN
    return next((kind for kind, form in _FORMS if form.match(line)), Kind.PLAIN)


def _is_of_shell(line: str) -> bool:
    return _SHELL_SAYS.search(line[-_SHELL_TAIL:]) is not None and _BY_SHELL.match(line) is not None


def _inside(line: str) -> str:
    """A line of a traceback, without the frame that is drawn around a group of exceptions."""
    return line.partition("| ")[2] if line.lstrip().startswith("| ") else line
