"""The names of files that tools load without being told to: settings, plugins, what a test runner imports before a test.

Does not cover: names that a setting of the repository gives, or an installed plugin; a module that takes the place of an
installed package other than a test runner's.
"""

import re
import sys
from collections.abc import Collection, Sequence

from overnight.program.judge.tree import folder_of

_NAMES: Sequence[tuple[str, re.Pattern[str]]] = (
    ("pytest", re.compile(r"conftest\.py|\.?pytest\.(?:ini|toml)")),
    ("Python", re.compile(r"(?:site|user)customize\.py|.*\.pth|pyvenv\.cfg")),
    (
        "Python's tools",
        re.compile(
            r"setup\.(?:cfg|py)|pyproject\.toml|(?:tox|noxfile|mypy|pylint|ruff|uv|pdm|poetry|Pipfile)(?:\.\w+)*|\.flake8"
        ),
    ),
    ("tools of JavaScript", re.compile(r"package\.json|[tj]sconfig(?:\.\w+)*\.json|\.pnpmfile\.cjs")),
    ("tools of JavaScript", re.compile(r".*\.(?:config|workspace)\.[cm]?[jt]s(?:on)?")),
    ("tools of JavaScript", re.compile(r"setupTests\.\w+|bunfig\.toml|deno\.jsonc?|pnpm-workspace\.yaml")),
    ("make", re.compile(r"(?:GNUm|[mM])akefile|\.?[jJ]ustfile|CMake(?:User)?Presets\.json|Directory\.Build\.\w+")),
    ("tools of Rust", re.compile(r"Cargo\.toml|build\.rs|rust-toolchain(?:\.toml)?|\.?(?:clippy|rustfmt)\.toml")),
    ("go", re.compile(r"go\.(?:mod|work)|modules\.txt")),
    ("tools of Ruby", re.compile(r"\.rspec|Rakefile|Gemfile")),
    ("tools of PHP", re.compile(r"phpunit\.xml.*|composer\.json")),
    ("tools of the JVM", re.compile(r"(?:build|settings)\.gradle(?:\.kts)?|gradle\.properties|pom\.xml|\.sbtopts")),
    ("R", re.compile(r"\.R(?:profile|environ)")),
    ("julia", re.compile(r"(?:Julia)?(?:LocalPreferences|Project)\.toml")),
    ("version managers", re.compile(r"\.(?:tool-versions|[a-z]+-version)")),
    ("tools", re.compile(r"\.[\w-]{1,50}(?:rc|ignore)(?:\.\w{1,20})*|\.env(?:\..*)?|\.editorconfig", re.IGNORECASE)),
)
_FOLDERS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("node", re.compile(r"node_modules")),
    ("jest", re.compile(r"__(?:mocks|tests|snapshots)__")),
    ("Python", re.compile(r".*\.(?:dist|egg)-info")),
    ("tools", re.compile(r"\.(?:cargo|config|mvn|bundle|yarn|venv|vscode|github|devcontainer)")),
)
_OF_RUNNERS = frozenset(("pytest", "_pytest", "py", "pluggy", "iniconfig", "coverage", "hypothesis", "xdist", "nose2", "tox"))
_MODULE = re.compile(r"(\w+)\.(?:py|(?:[\w-]+\.){0,3}so)")  # a module's file, or an extension's


def loaded_by(path: str) -> str:
    """Which tool loads a file of this name wherever it lies; empty if none does."""
    *folders, name = path.split("/")
    found = [who for who, pattern in _NAMES if pattern.fullmatch(name)]
    found += [who for folder in folders for who, pattern in _FOLDERS if pattern.fullmatch(folder)]
    return found[0] if found else ""


def shadowed_module(path: str, roots: Collection[str]) -> str:
    """The module of Python or of a test runner that a file takes the place of if these folders are searched first."""
    folder, name = _module(path)
    return name if folder in roots and (name in sys.stdlib_module_names or name in _OF_RUNNERS) else ""


def replaced_file(path: str) -> str:
    """The Python file that a package or an extension of the same name hides, if there is one; empty if this is neither."""
    folder, name = _module(path)
    hidden = f"{folder}/{name}.py".lstrip("/")
    return hidden if name and hidden != path else ""


def _module(path: str) -> tuple[str, str]:
    """The folder in which Python finds a module in this file, and its name; empty if it is none."""
    folder, _, file = path.rpartition("/")
    found = _MODULE.fullmatch(file)
    if found and found[1] == "__init__":
        return folder_of(folder), folder.rpartition("/")[2]
    return (folder, found[1]) if found else ("", "")
