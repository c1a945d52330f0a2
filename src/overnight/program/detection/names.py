"""Pure: by which names a benchmark calls the project, and by which the packages that it is compared with."""

import json
import re
import sys
from collections.abc import Iterable, Mapping

from overnight.program.detection.owners import words_of

MANIFESTS = ("package.json", "pyproject.toml", "setup.cfg", "setup.py", "Cargo.toml", "go.mod", "CMakeLists.txt")
SHORTEST = 2  # letters of a name

_NAMED = re.compile(r"""^[ \t]*(?:name\s*=\s*|module\s+|project\s*\(\s*)["']?([\w./@-]{2,100})""", re.MULTILINE)
_IN_SETUP = re.compile(r"""\bname\s*=\s*["']([\w.-]{2,64})["']""")
_AFFIX = re.compile(
    r"^(?:lib|py|python|node|js|go|rust)[-_.]?(?=\w{3})|[-_.](?:js|py|c|cpp|go|rs|node|python|lib)$|(?<=\w{3})js$", re.I
)
_VENDORED = re.compile(
    r"""^[ \t]*#[ \t]*include[ \t]*["<](?:[^">\n]{0,80}/)?"""
    r"""(?:vendor|third[_-]?party|deps|extern(?:al)?|3rd\w{0,8}|contrib|submodules)/"""
    r"""([A-Za-z][\w-]{1,40})""",
    re.MULTILINE,
)
_OWNER = re.compile(r"^module\s+[\w.-]{1,40}/([\w.-]{2,40})/", re.MULTILINE)
# In names of many projects, and in labels of whatever is measured.
_COMMON = re.compile(
    r"tests?|bench(?:mark)?s?|libs?|fast(?:er)?|simple|naive|small|tiny|src|python|javascript|node|rust|golang|java|cpp|wasm"
    r"|native|main|index|core|utils?|pars(?:er|e)|common|base|init|data|json|array|object|string|map|set|list|math|promise"
    r"|buffer|date|time|total|run|impl|tools?|example|demo|ref(?:erence)?|new|old|mod|the|for|and|with|all|one|two|std|api|app"
    r"|setup|helpers|types|config"
)
_IMPORTED = re.compile(
    r"""(?:\brequire\s*\(\s*|\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)["']((?:@[\w.-]{1,64}/)?[A-Za-z][\w.-]{1,63})["'/]"""
    r"""|^[ \t]*(?:import|from)\s+([A-Za-z_]\w{1,63})\b(?!\s*\.\.)""",
    re.MULTILINE,
)
# What a comparison calls its measure.
_MEASURES = frozenset(("memcpy", "std", "stdlib", "baseline", "reference", "builtin"))
# Imported, and not compared with: parts of a language, and what measures.
_RIVALS_TOO = {"json", "pickle", "marshal", "html", "csv"}  # of Python's own modules
_NO_RIVAL = re.compile(
    r"fs|path|util|os|url|events|stream|crypto|assert|perf_hooks|worker_threads|child_process|async_hooks|buffer|process"
    r"|benchmark|tinybench|mitata|vitest|cronometro|fastbench|bench-node|benny|bench|pyperf|perf|numpy|tqdm|rich|click|chalk"
    r"|microtime|yargs|minimist|commander"
)


def own_names(folder: str, texts: Mapping[str, str]) -> frozenset[str]:
    """What the project is called, by its folder and by its manifests at the top.

    Args:
        folder: the name of the repository's own folder.
        texts: those of MANIFESTS that there are.
    """
    found = {folder, _of_package(texts.get("package.json", ""))}
    for path in MANIFESTS[1:]:
        named = _IN_SETUP if path == "setup.py" else _NAMED
        found |= {hit[1].rstrip("/").rpartition("/")[2] for hit in list(named.finditer(texts.get(path, "")))[:1]}
    plain = {_AFFIX.sub("", name) for name in found}
    return frozenset(name for name in found | plain if len(name) >= SHORTEST)


def foreign_names(texts: Mapping[str, str], scripts: Iterable[str], own: Iterable[str]) -> frozenset[str]:
    """What the packages are called that a benchmark may compare with: those that it needs or imports."""
    found = {*_MEASURES, *_needed(texts.get("package.json", ""))}
    for script in scripts:
        found |= {hit[1] or hit[2] for hit in _IMPORTED.finditer(script)} | {hit[1] for hit in _VENDORED.finditer(script)}
    plain = {name.rpartition("/")[2] for name in found}
    rivals = (found | plain) - (sys.stdlib_module_names - _RIVALS_TOO) - set(own)
    return frozenset(name for name in rivals if len(name) >= SHORTEST and not _NO_RIVAL.fullmatch(name))


def words_of_project(
    own: Iterable[str], texts: Mapping[str, str], sources: Iterable[str], foreign: Iterable[str]
) -> frozenset[str]:
    """Words by which a benchmark may call the project's part of it: of its names, its owner, and the stems of its files.

    Args:
        own: names of the project.
        texts: those of MANIFESTS that there are.
        sources: paths of the code that is measured.
        foreign: names of others, whose words are none of the project's.
    """
    owner = _OWNER.search(texts.get("go.mod", ""))
    stems = (path.rpartition("/")[2].partition(".")[0] for path in sources)
    found = set().union(*map(words_of, (*own, *stems, *([owner[1]] if owner else []))))
    others = set().union(*map(words_of, foreign))
    return frozenset(word for word in found - others if not _COMMON.fullmatch(word))


def _of_package(text: str) -> str:
    name = _object(text).get("name")
    return name.rpartition("/")[2] if isinstance(name, str) else ""


def _needed(text: str) -> set[str]:
    package = _object(text)
    kinds = (package.get(key) for key in ("dependencies", "devDependencies", "optionalDependencies"))
    return {name for kind in kinds if isinstance(kind, dict) for name in kind}


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
