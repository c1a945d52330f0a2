"""Pure: targets of makefiles and justfiles that measure."""

import re
from collections.abc import Iterator
from itertools import islice
from shlex import quote

from overnight.program.detection.command import ASIDE, BESIDE, INSTALLS, MEASURES, Command, Files, by_depth
from overnight.program.judge.targets import JUSTFILES, MAKEFILES, MOST_TARGETS, Targets, read_targets
from overnight.program.judge.tree import Tree, folder_of

MOST_MAKEFILES = 20  # of a repository that are looked into
_DEEPEST = 2  # folders above a makefile
_TESTS = frozenset({"test", "tests"})  # often build the benchmark, too

_PLAIN = re.compile(r"[\w][\w./-]{0,99}")
_VARIABLE = re.compile(r"\$[({](\w+)[)}]")
_PATH = re.compile(r"(?<![\w./-])(?:\./[\w-]+|[\w-]+(?=/))(?:/[\w.-]+)*")
_RECORDS = re.compile(r"\bperf[ \t]+(?:record|report|annotate)\b|\bvalgrind\b|\bgprof\b")  # a profile, not a number
_OUTPUT = re.compile(r"-o[ \t]*([^\s;&|]+)")
_SOURCE = (".c", ".cc", ".cpp", ".cxx", ".o")
_COMPILED = (*_SOURCE, ".h", ".hpp", ".rs", ".go", ".java", ".cs", ".zig", ".nim", ".d")
_LIBRARY = re.compile(r"\.(?!exe$|out$|x$)\w{1,6}(?:\.\d+)*$|%")
_NO_PROGRAM = re.compile(r"\.(?!exe$|out$)\w{1,6}$")  # the end of a file that a target makes


class Makefiles:
    """The makefiles near the top, each read once."""

    def __init__(self, files: Files) -> None:
        paths = (path for path in by_depth(files) if path.rpartition("/")[2] in MAKEFILES and path.count("/") <= _DEEPEST)
        near = [path for path in paths if not ASIDE.search(folder_of(path)) or folder_of(path) in _TESTS]
        tree = Tree.of(list(files), files.get)
        self._read = [_Makefile(path, read_targets(path, tree), files) for path in near[:MOST_MAKEFILES]]

    def measuring(self) -> Iterator[Command]:
        """The targets that measure, of the makefile at the top, then of those below; one that only compiles is run as well."""
        for makefile in self._read:
            yield from makefile.measuring()

    def programs(self) -> Iterator[Command]:
        """The other programs that targets compile and do not run, each with its source as the place."""
        for makefile in self._read:
            yield from makefile.programs()


def just_targets(files: Files) -> Iterator[Command]:
    """The recipes of a justfile at the top that measure."""
    for path in filter(files.__contains__, JUSTFILES):
        found = read_targets(path, Tree.of(list(files), files.get))
        for name in sorted(filter(_measures, found.recipes), key=_rank):
            yield Command(
                text=f"just {quote(name)}", said="\n".join(found.recipes[name]), reason=f"the {path} has a recipe {name}"
            )


class _Makefile:
    """One makefile, and the commands for its targets."""

    def __init__(self, path: str, targets: Targets, files: Files) -> None:
        self.path, self.folder, self.targets, self.files = path, folder_of(path), targets, files

    def measuring(self) -> Iterator[Command]:
        """The likeliest target first."""
        names = {name: self._expanded(name) for name in islice(self.targets.recipes, MOST_TARGETS * 10)}
        chosen = [name for name, plain in names.items() if _PLAIN.fullmatch(plain) and _measures(plain)]
        chosen.sort(key=lambda name: _rank(names[name]))
        seen: set[str] = set()
        for name in chosen[:MOST_TARGETS]:
            if (command := self._command(name, names[name])) and command.text not in seen:
                seen.add(command.text)
                yield command

    def programs(self) -> Iterator[Command]:
        """What targets compile that are called otherwise."""
        first = self._built_first()
        for name in islice(self.targets.recipes, MOST_TARGETS):
            plain, recipe = self._expanded(name), "\n".join(self.targets.recipes[name])
            named = _PLAIN.fullmatch(plain) and recipe.strip() and not _measures(plain) and not _LIBRARY.search(plain)
            program = self._only_compiled(name, plain, recipe) if named and "-o" in recipe else None
            if program:
                text = f"{f'cd {quote(self.folder)} && ' * bool(self.folder)}make -s {plain} && ./{program}"
                source = next((path for path in self._sources(name, plain) if path in self.files), self.path)
                yield Command(text=text, place=source, reason=f"{self.path} compiles {program}", main=first == [plain])

    def _built_first(self) -> list[str]:
        """What plain `make` builds."""
        targets = [name for name in islice(self.targets.recipes, MOST_TARGETS) if not name.startswith(".")]
        goal = "all" if "all" in targets else next(iter(targets), "")
        return (
            " ".join(map(self._expanded, self.targets.needs.get(goal, ()))).split() if goal == "all" else [self._expanded(goal)]
        )

    def _sources(self, name: str, plain: str) -> Iterator[str]:
        stem = plain.removesuffix(".x").removesuffix(".out")
        words = [stem, *(self._expanded(need).removesuffix(".o") for need in self.targets.needs.get(name, ()))]
        for word in words:
            yield from (self._below(f"{word}{ending}") for ending in ("", *_SOURCE))

    def _command(self, name: str, plain: str) -> Command | None:
        if _RECORDS.search(self.targets.run([name])):
            return None
        source = None
        recipe, place = "\n".join(self.targets.recipes[name]), f"the {self.path}" if self.folder else "the Makefile"
        if program := self._only_compiled(name, plain, recipe):
            text = f"{f'cd {quote(self.folder)} && ' * bool(self.folder)}make -s {plain} && ./{program}"
            reason = f"{place} compiles {program}"
            source = next((path for path in self._sources(name, plain) if path in self.files), None)
        elif recipe.strip() or self._needs_one(name):
            make = f"make -s {f'-C {quote(self.folder)} ' * bool(self.folder)}"
            built = "".join(f"{make}{needed} > /dev/null && " for needed in self._also_needed(name, recipe))
            text, reason = f"{built}{make}{plain}", f"{place} has a target {plain}"
        else:
            return None
        named = self._named(recipe, name)
        script = named if named and not named.endswith(_COMPILED) else None  # what is compiled shows it when it runs
        said, fetches = self.files.get(script or "") or recipe, INSTALLS.search(self.targets.run([name])) is not None
        return Command(text=text, source=source, place=script or place, said=said, reason=reason, fetches=fetches)

    def _only_compiled(self, name: str, plain: str, recipe: str) -> str | None:
        """The program that a target compiles and does not run; None if it is not so."""
        if not recipe.strip():  # by make's own rules
            needs = self.targets.needs.get(name, [])
            sources = {f"{plain}{ending}" for ending in _SOURCE}
            here = {self._below(source) for source in sources}
            return plain if not sources.isdisjoint(needs) or not here.isdisjoint(self.files) else self._of_need(name)
        known = self._expanded(recipe.replace("$(@)", "$@").replace("$@", plain))
        known = _VARIABLE.sub("", known)  # one that is nowhere set, such as EXT, is empty
        outputs = _OUTPUT.findall(known)
        measuring = [word.removeprefix("./") for word in outputs if word.removeprefix("./") == plain or _measures(word)]
        if not measuring or not _PLAIN.fullmatch(measuring[-1]):
            return None
        program = measuring[-1]
        rest = _OUTPUT.sub("", known)
        return None if re.search(rf"(?:^|[\s;&|/]){re.escape(program)}(?![\w./-])", rest) else program

    def _also_needed(self, name: str, recipe: str) -> list[str]:
        """The program that a recipe runs and another target makes, without a word that this one needs it."""
        paths = {word.removeprefix("./") for word in _PATH.findall(self._expanded(recipe))}
        targets = islice(self.targets.recipes.items(), MOST_TARGETS * 10)
        made = {self._expanded(target): target for target, lines in targets if f"./{target}" not in "\n".join(lines)}
        needed = set(self._needs(name))
        return [path for path in sorted(paths & made.keys()) if made[path] not in needed and _PLAIN.fullmatch(path)][:1]

    def _needs(self, name: str) -> list[str]:
        """A target and all that it needs."""
        names = [name]
        for one in names:  # grows while it is read
            names += [need for need in self.targets.needs.get(one, ()) if need not in names and len(names) < MOST_TARGETS]
        return names

    def _of_need(self, name: str) -> str | None:
        """The program that the only measuring target compiles which this one needs."""
        needs = [need for need in self.targets.needs.get(name, []) if need in self.targets.recipes and need != name]
        measuring = [need for need in needs if _measures(self._expanded(need)) and self.targets.recipes[need]]
        if len(measuring) != 1:
            return None
        return self._only_compiled(measuring[0], self._expanded(measuring[0]), "\n".join(self.targets.recipes[measuring[0]]))

    def _needs_one(self, name: str) -> bool:
        """Whether a target without a recipe stands for others that measure."""
        return any(
            self.targets.recipes.get(need) and _measures(self._expanded(need)) for need in self.targets.needs.get(name, ())
        )

    def _named(self, recipe: str, name: str) -> str | None:
        """The committed source that a recipe names, one that measures by its name if there is one."""
        words = [*recipe.split(), *self.targets.needs.get(name, ())]
        paths = [self._below(self._expanded(word).removeprefix("./")) for word in words]
        named = [path for path in paths if self.files.get(path)]
        return next((path for path in named if MEASURES.search(path)), next(iter(named), None))

    def _below(self, path: str) -> str:
        return f"{self.folder}/{path}" if self.folder else path

    def _expanded(self, text: str) -> str:
        for _ in range(3):  # a variable may name another one
            text = _VARIABLE.sub(lambda hit: self.targets.variables.get(hit[1], hit[0]), text)[:10_000]
        return text


def _measures(name: str) -> bool:
    base = name.rpartition("/")[2]
    return MEASURES.search(base) is not None and not BESIDE.search(base) and not _NO_PROGRAM.search(base)


def _rank(name: str) -> tuple[bool, bool, bool, str]:
    return not re.fullmatch(r"(?:run[-_])?bench(?:mark)?s?", name), not name.startswith("bench"), "bench" not in name, name
