"""Pure: a command as a text for people spells it, read into one that a trial can run."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from overnight.program.detection.building import TOOLS, built
from overnight.program.detection.command import MEASURES, Files
from overnight.program.detection.shebang import interpreter_of
from overnight.program.judge.targets import MAKEFILES, package_scripts, read_targets
from overnight.program.judge.tree import Tree, folder_of, joined

MOST_WORDS = 24
MOST_PARTS = 6  # joined by &&

_WORD = re.compile(r"[\w.=/:+,@%-]{1,100}")  # nothing that a shell reads
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w{0,60}=[\w.=/:+,@%-]{0,100}")
_GLOB = re.compile(r"[\w./-]{0,80}\*\.(?:c|cc|cpp|cxx)")  # of sources; a shell reads it, and finds committed files
_INPUT = re.compile(r"[ \t]+<[ \t]*([\w./-]{1,100})[ \t]*$")
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?|py")
_BY_ENDING = {
    ".js": {"node", "bun"}, ".mjs": {"node", "bun"}, ".cjs": {"node", "bun"}, ".ts": {"tsx", "ts-node", "bun", "node"},
    ".rb": {"ruby"}, ".php": {"php"}, ".lua": {"lua", "luajit"}, ".pl": {"perl"}, ".jl": {"julia"}, ".R": {"Rscript"},
    ".sh": {"bash", "sh"},
}  # fmt: skip
_PACKAGE_RUNNERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_OUTPUT = re.compile(r"-{1,2}(?:o|out\w*|save\w*|log\w*|result\w*|report\w*|csv|json)")
_ASKS = frozenset({"--help", "-h", "--version", "-V", "--list", "help"})  # what a program is, instead of running it
_PLACEHOLDER = re.compile(r"[A-Z][A-Z_]+")
_NO_PROGRAM = re.compile(
    r"^/|^\./(?:configure|autogen\.sh|bootstrap)$"
    r"|\.(?:png|jpe?g|gif|svg|webp|pdf|md|rst|txt|html?|css|json|ya?ml|toml|csv|tsv|xml|ipynb|lock|zip|gz)$",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"[\w-]+\.(?:py|js|mjs|ts|sh)")
_PLAIN_PATH = re.compile(r"[\w./-]+")
_FILE = re.compile(r"[\w.-]*/[\w./-]+|[\w-]+\.[A-Za-z]\w{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """A command that a trial can run."""

    text: str
    leaf: str | None  # the committed file that it runs in the end
    name: str  # what it is called: a script, a target, a program
    lacks: bool  # whether it names something that is not there


class Speller:
    """Reads commands about one repository; a makefile is read once."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.tree = Tree.of(list(files), files.get)
        self._made: dict[str, Collection[str]] = {}
        self._places: dict[str, list[str]] = {}
        for path in files:
            self._places.setdefault(path.rpartition("/")[2], []).append(path)

    def read(self, code: str, folder: str, before: Sequence[str]) -> Spelled | None:
        """The command, if every word of it is plain and it runs something of these files; else None.

        Args:
            code: the text.
            folder: where it runs; "" is the top.
            before: the commands above it, which may build what it runs.
        """
        if found := _Reading(folder, self).whole(code, before):
            return found
        script = next((word for word in code.split()[1:2] if _SCRIPT.fullmatch(word)), "")
        places = self._places.get(script, [])
        inside = folder_of(places[0]) if len(places) == 1 and not folder else ""
        return _Reading(inside, self).whole(code, before) if inside and _PLAIN_PATH.fullmatch(inside) else None

    def makes(self, makefile: str) -> Collection[str]:
        """The targets of a makefile."""
        if makefile not in self._made:
            self._made[makefile] = read_targets(makefile, self.tree).recipes
        return self._made[makefile]


class _Reading:
    """One command, read word by word."""

    def __init__(self, folder: str, about: Speller) -> None:
        self.start, self.about, self.files = folder, about, about.files
        self.folder = folder
        self.programs: frozenset[str] = frozenset()  # that the parts before have built
        self.anything = False  # whether they may have built others

    def whole(self, code: str, before: Sequence[str]) -> Spelled | None:
        """The command; with what is above it where it runs a program that is neither committed nor built by itself."""
        if (found := self._parts(code)) is not None:
            return found
        if not re.match(r"(?:[A-Z_]+=\S* +)*[\w.-]+/", code):
            return None
        for index in range(len(before) - 1, max(-1, len(before) - 4), -1):
            if found := self._parts(" && ".join([*before[index:], code])):
                return found
        return None

    def _parts(self, code: str) -> Spelled | None:
        self.folder, self.programs, self.anything = self.start, frozenset(), False
        code, reads = self._input(code)
        parts = [part.split() for part in code.split("&&")]
        if len(parts) > MOST_PARTS or any(not part or len(part) > MOST_WORDS for part in parts):
            return None
        if not all(_WORD.fullmatch(word) or _GLOB.fullmatch(word) for part in parts for word in part):
            return None
        texts = []
        for part in parts[:-1]:
            text = self._building(part)
            if text is None:
                return None
            texts.append(text)
        last = None if any("*" in word for word in parts[-1]) else self._running(parts[-1])
        if last is None:
            return None
        text = " && ".join(filter(None, [f"cd {self.start}" * bool(self.start), *texts, last.text + reads]))
        return Spelled(text=text, leaf=last.leaf, name=last.name, lacks=last.lacks)

    def _input(self, code: str) -> tuple[str, str]:
        """A command without the committed file that it reads as its input, and the words for that."""
        hit = _INPUT.search(code)
        if hit is None or self._at(hit[1]) not in self.files:
            return code, ""
        return code[: hit.start()], f" < {hit[1]}"

    def _building(self, words: Sequence[str]) -> str | None:
        """A part that only prepares the last one; None if it is something else."""
        name, arguments = words[0], words[1:]
        text = " ".join(words)
        if step := built(words, lambda word: self._at(word) in self.files):
            self.programs |= step.programs
            self.anything = self.anything or step.anything
            return step.text
        if name == "cd" and len(words) == 2 and (inside := self._at(arguments[0])) and self._is_folder(inside):  # noqa: PLR2004
            self.folder = inside
            return text
        if name in _PACKAGE_RUNNERS and (script := self._npm(words)):
            return script[0]
        return text if name == "mkdir" else None

    def _running(self, words: Sequence[str]) -> Spelled | None:
        """The part that runs something."""
        begin: list[str] = []
        while words and _ASSIGNMENT.fullmatch(words[0]):
            begin, words = [*begin, words[0]], words[1:]
        if words[:2] in (["uv", "run"], ["poetry", "run"], ["pipenv", "run"], ["pdm", "run"], ["rye", "run"]):
            words = ["python", *words[2:]] if words[2:] and words[2].endswith(".py") else words[2:]
        if not words:
            return None
        if (files := TOOLS.get(words[0])) and MEASURES.search(" ".join(words[1:])):
            here = [self._at(name) for name in files]
            return Spelled(text=" ".join([*begin, *words]), leaf=None, name=words[-1], lacks=self.files.keys().isdisjoint(here))
        reader = _READERS.get("python" if _PYTHON.fullmatch(words[0]) else words[0], _Reading._program)
        found = reader(self, words)
        if found is None:
            return None
        text, leaf, name = found
        return Spelled(text=" ".join([*begin, text]), leaf=leaf, name=name, lacks=self._lacks(words[1:], leaf))

    def _program(self, words: Sequence[str]) -> tuple[str, str | None, str] | None:
        """`./prog`, or an interpreter with a script."""
        if "/" in words[0] and not _NO_PROGRAM.search(words[0]):
            program = words[0].removeprefix("./")
            path = self._at(program) or ""
            if path in self.files and (interpreter := interpreter_of(path, self.files[path] or "")):
                return " ".join([interpreter, program, *words[1:]]), path, program
            known = path in self.files or program in self.programs or self.anything
            made = "" if known or not self._makes(program) else f"make -s {program} && "
            text = made + " ".join([f"./{program}", *words[1:]])
            return (text, path if path in self.files else None, program) if known or made else None
        for word in words[1:]:
            leaf = self._at(word) or ""
            ending = "." + word.rpartition(".")[2]
            if leaf in self.files and words[0] in _BY_ENDING.get(ending, set()):
                return " ".join(words), leaf, word
        return None

    def _python(self, words: Sequence[str]) -> tuple[str, str | None, str] | None:
        options = 1
        while options < len(words) and words[options] in {"-u", "-O", "-OO", "-B"}:
            options += 1
        head, rest = ["python", *words[1:options]], words[options:]
        if rest[:1] == ["-m"] and len(rest) > 1:
            module = rest[1].replace(".", "/")
            for place in (f"{module}.py", f"{module}/__main__.py", f"src/{module}.py", f"src/{module}/__main__.py"):
                if (path := self._at(place)) in self.files:
                    source = ["PYTHONPATH=src"] * place.startswith("src/")
                    return " ".join([*source, *head, *rest]), path, rest[1]
            return None
        leaf = self._at(rest[0]) if rest else None
        if leaf is None or leaf not in self.files or not leaf.endswith(".py"):
            return None
        return " ".join([*head, *rest]), leaf, rest[0]

    def _make(self, words: Sequence[str]) -> tuple[str, str | None, str] | None:
        names = [word for word in words[1:] if "=" not in word and not word.startswith("-")]
        if len(names) != 1 or len(words) > 4 or not self._makes(names[0]):  # noqa: PLR2004
            return None
        return " ".join(["make", "-s", *words[1:]]), None, names[0]

    def _npm(self, words: Sequence[str]) -> tuple[str, str | None, str] | None:
        rest = [word for word in words[1:] if word not in {"run", "-s", "--silent"}]
        package = self._at("package.json")
        if len(rest) != 1 or package is None or rest[0] not in package_scripts(self.files.get(package) or ""):
            return None
        return f"npm run --silent {rest[0]}", None, rest[0]

    def _cargo(self, words: Sequence[str]) -> tuple[str, str | None, str] | None:
        if words[1:2] != ["run"] or self._at("Cargo.toml") not in self.files:
            return None
        return " ".join(words), None, words[-1] if len(words) > 2 else ""  # noqa: PLR2004

    def _go(self, words: Sequence[str]) -> tuple[str, str | None, str] | None:
        if words[1:2] != ["run"] or len(words) < 3:  # noqa: PLR2004
            return None
        path = self._at(words[2])
        if path is None or not (path in self.files or path == "" or self._is_folder(path)):
            return None
        return " ".join(words), path if path in self.files else None, words[2]

    def _lacks(self, arguments: Sequence[str], leaf: str | None) -> bool:
        """Whether an argument stands for what the reader has to choose, or names a file to read that is not committed."""
        if any(map(_PLACEHOLDER.fullmatch, arguments)) or not _ASKS.isdisjoint(arguments):
            return True
        for before, word in zip(["", *arguments], arguments, strict=False):
            option, _, value = word.partition("=") if word.startswith("-") else (before, "", word)
            if option == "-m" or _OUTPUT.fullmatch(option) or not _FILE.fullmatch(value) or value.replace(".", "").isdigit():
                continue
            path = self._at(value)
            if path is None or (path not in self.files and path != leaf and not self._is_folder(path)):
                return True
        return False

    def _at(self, word: str) -> str | None:
        return joined(self.folder, word)

    def _is_folder(self, path: str) -> bool:
        return path in self.about.tree.folders

    def _makefile(self) -> str | None:
        paths = (self._at(name) for name in MAKEFILES)
        return next((path for path in paths if path in self.files), None)

    def _makes(self, target: str) -> bool:
        path = self._makefile()
        return path is not None and target in self.about.makes(path)


_READERS: Mapping[str, Callable[[_Reading, Sequence[str]], tuple[str, str | None, str] | None]] = {
    "python": _Reading._python,
    "make": _Reading._make,
    **dict.fromkeys(_PACKAGE_RUNNERS, _Reading._npm),
    "cargo": _Reading._cargo,
    "go": _Reading._go,
}
