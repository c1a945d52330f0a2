"""Files of named targets (Makefile, justfile, package.json): the shell text that a target runs, and what it needs before."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from overnight.program.judge.tree import Tree, folder_of, joined

MAKEFILES = ("GNUmakefile", "makefile", "Makefile")  # in the order in which make looks for them
JUSTFILES = ("justfile", "Justfile", ".justfile")
PACKAGE = "package.json"
MOST_TARGETS = 200  # that one target needs
MOST_INCLUDED = 20  # files that a Makefile includes
MOST_RECIPE = 200_000  # characters
MOST_LINES = 200_000  # of recipes, one counted for each target that it is for

_VARIABLE = re.compile(r"(?:export[ \t]+|override[ \t]+)?([\w.-]+)[ \t]*(?:[:?+]{0,3}=)[ \t]*([^\n]*)$")
_REFERENCE = re.compile(r"\$(?:\(([\w.-]+)\)|\{([\w.-]+)\})")
_FUNCTION = re.compile(r"\$\([\w-]+[ \t][^()]*\)")
_INCLUDE = re.compile(r"[-s]?include[ \t]+([^\n#]*)$")
_OWN = re.compile(r"^[ \t]*[@+-]+", re.MULTILINE)  # signs before a line of a recipe
_OF_WINDOWS = ".exe"  # the end of a program's name in a branch of a makefile that does not hold here
_INTERPOLATED = re.compile(r"\{\{[^{}\n]*\}\}")


@dataclass(slots=True)
class Targets:
    """The rules of a Makefile or a justfile and of what it includes."""

    recipes: dict[str, list[str]] = field(default_factory=dict)
    needs: dict[str, list[str]] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    included: list[str] = field(default_factory=list)

    def run(self, names: Sequence[str]) -> str:
        """The shell text of these targets, or of the first one, and of all that they need."""
        first = [name for name in self.recipes if not name.startswith(".")][:1]
        wanted = [name for name in names if name in self.recipes] or first
        for name in wanted:  # grows while it is read
            needed = [need for need in self.needs.get(name, ()) if need in self.recipes and need not in wanted]
            wanted += dict.fromkeys(needed) if len(wanted) < MOST_TARGETS else ()
        lines = (line for name in dict.fromkeys(wanted) for line in self.recipes[name])
        text = _OWN.sub("", "\n".join(lines)[:MOST_RECIPE])
        for _ in range(3):  # a variable may name another one
            text = _REFERENCE.sub(self._value, text)[:MOST_RECIPE]
        return _INTERPOLATED.sub("", _FUNCTION.sub("", text)).replace("$$", "$")

    def _value(self, hit: re.Match[str]) -> str:
        name = hit[1] or hit[2]
        return {"MAKE": "make", "CURDIR": "."}.get(name) or self.variables.get(name, "")


def read_targets(path: str, tree: Tree) -> Targets:
    """The targets of a file, and of the committed files that it includes."""
    found, waiting, room = Targets(), [path], MOST_LINES
    while waiting and len(found.included) <= MOST_INCLUDED:
        file = waiting.pop(0)
        found.included.append(file)
        current: list[str] = []
        for line in tree.text(file).replace("\\\n", " ").split("\n"):
            if line[:1] in {"\t", " "} and line.strip():
                room -= len(current)
                for target in current if room >= 0 else ():
                    found.recipes[target].append(line)
            elif included := _INCLUDE.match(line):
                names = (joined(folder_of(at), name) for name in included[1].split() for at in (file, ""))
                waiting += [name for name in names if name and name in tree.files and name not in (*found.included, *waiting)]
            elif line.strip() and not line.startswith("#"):
                current = _read_line(line, found)
    return found


def _read_line(line: str, found: Targets) -> list[str]:
    """Take in a rule or a variable; the targets whose recipe follows."""
    if variable := _VARIABLE.match(line):
        if variable[2].strip() != _OF_WINDOWS:
            found.variables.setdefault(variable[1], variable[2][:1000])
        return []
    head, colon, rest = line.partition(":")
    if not colon or rest.startswith("="):
        return []
    needs, _, recipe = rest.lstrip(":").partition(";")
    targets = [name.removeprefix("@") for name in head.split()][:MOST_TARGETS]
    for target in targets:
        found.recipes.setdefault(target, []).extend([recipe] if recipe else [])
        found.needs.setdefault(target, []).extend(
            name if name.startswith("$") else name.strip("()") for name in needs.split()[:MOST_TARGETS]
        )
    return targets


def package_script(text: str, name: str) -> str:
    """The shell text of a script of a package.json with those around it; empty if there is none of this name."""
    scripts = package_scripts(text)
    around = (f"pre{name}", name, f"post{name}")
    return "\n".join(scripts[key] for key in around if key in scripts) if name in scripts else ""


def package_scripts(text: str) -> Mapping[str, str]:
    """The scripts of a package.json, by name."""
    try:
        package = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    scripts = package.get("scripts") if isinstance(package, dict) else None
    return {name: script for name, script in scripts.items() if isinstance(script, str)} if isinstance(scripts, dict) else {}
