"""What one simple command runs: a script of an interpreter, a committed file, a target, the files of a test runner."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import takewhile

from overnight.program.judge.collection import FAMILIES, RUNNERS, collected
from overnight.program.judge.launchers import LAUNCHERS, RUN_SCRIPTS, each, launched, split_string
from overnight.program.judge.steps import Collect, RunFile, RunText, Step
from overnight.program.judge.targets import JUSTFILES, MAKEFILES, PACKAGE, package_script, read_targets
from overnight.program.judge.tree import Place, Tree, folder_of

MOST_LAUNCHERS = 10  # one after the other
MOST_WORDS_OF_FIND = 100
MOST_WORDS = 10  # of a command that may name a script of a package
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash"})
_PYTHON = re.compile(r"(?:i?python|pypy)[\d.]*[dtmw]?")
_OTHERS = each(
    """
    node nodejs deno bun tsx ts-node ruby perl php lua luajit julia Rscript torchrun deepspeed kernprof racket guile octave
    elixir escript dart swift runghc tclsh pwsh groovy kotlin scala bb nu fish raku streamlit
    """
)
_CODE = frozenset({"-e", "-p", "-E", "--eval", "--print"})  # of most interpreters: what follows is a program's text
_AS_MODULE = re.compile(r"-[bBdEiIOPqsSuv]{0,20}m(.*)")  # `-m`, `-um`, `-mpytest`
_TAKE_VALUE = frozenset({"-W", "-X"})  # of Python
_LOADED = frozenset({"-r", "--require", "--import", "--loader", "--experimental-loader"})  # of node: what follows runs before
_TEXTS = frozenset({"eval", "trap", "hyperfine", "parallel", "script", "su"})  # their arguments are shell text
_RUN_THEIR_SCRIPT = each(  # modules of Python
    "torch.distributed.run torch.distributed.launch cProfile profile trace pdb memory_profiler scalene runpy"
)
_ENDS = frozenset({";", "+", "-exec", "-execdir", "-ok"})  # of a command of `find`
_PACKAGERS = frozenset({"npm", "pnpm", "yarn", "bun"})
_BY_DEFAULT = {"go": ("main.go",), "node": (PACKAGE, "index.js", "index.mjs"), "deno": ("main.ts",), "bun": ("index.ts",)}


def steps_of(words: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    """What a command runs; the words are those of one simple command, without the shell's own words before it."""
    bare = False  # whether a script may be named without a slash
    for _ in range(MOST_LAUNCHERS):
        if not words:
            return
        name, arguments = words[0].rpartition("/")[2], words[1:]
        if name == "env" and (text := split_string(arguments)):
            yield RunText(text=text)
            return
        inner = launched(name, arguments, lambda word: _is_known(word) or bool(tree.named(word, place)))
        if inner is None:
            break
        bare, words = name in RUN_SCRIPTS, inner
    found = _READERS.get(_kind(name))
    if found and (name == words[0] or not tree.named(words[0], place)):
        yield from found(name, arguments, tree, place)
    elif "/" in words[0] or bare:
        for path in tree.named(words[0], place):
            yield RunFile(path=path, arguments=arguments, follow=True)


def _kind(name: str) -> str:
    """Which reader fits a program."""
    if _PYTHON.fullmatch(name):
        return "python"
    if name in SHELLS | {"source", "."}:
        return "shell"
    if name in RUNNERS:
        return "tests"
    return name if name in _READERS else "other" if name in _OTHERS else ""


def _is_known(word: str) -> bool:
    name = word.rpartition("/")[2]
    return bool(_kind(name)) or name in LAUNCHERS


def _script(
    arguments: Sequence[str], tree: Tree, place: Place, code: Collection[str] = ()
) -> Iterator[tuple[str, Sequence[str]]]:
    """The files that an interpreter runs, each with its arguments: the first argument that is no option or its value."""
    after_option = ""
    for index, word in enumerate(arguments):
        if word in code:
            return
        if word.startswith("-"):
            after_option = word
            continue
        paths = tree.named(word, place)
        yield from ((path, arguments[index + 1 :]) for path in paths)
        if (paths and after_option not in _LOADED) or not after_option:
            return
        after_option = ""


def _python(_name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    for index, word in enumerate(arguments):
        if module := _AS_MODULE.fullmatch(word):
            rest = [*([module[1]] if module[1] else []), *arguments[index + 1 :]]
            yield from _module(rest, tree, place)
            return
        if word == "-c":
            return
        if not word.startswith("-") and arguments[max(0, index - 1)] not in _TAKE_VALUE:
            break
    for path, after in _script(arguments, tree, place):
        yield RunFile(path=path, arguments=after)
    yield from _in_folder(arguments, ("__main__.py",), tree, place)


def _in_folder(arguments: Sequence[str], names: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    """What runs if the first argument is a folder: the first of these names in it."""
    word = next((word for word in arguments if not word.startswith("-")), "")
    folder = tree.folder(word, place)
    if folder is not None:
        paths = (path for name in names for path in tree.named(f"./{folder}/{name}", Place()))
        yield from (RunFile(path=path) for path in list(paths)[:1])


def _module(words: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    """`python -m name`: a module of the tree, a test runner, or one that runs the script in its arguments."""
    name, rest = (words[0], words[1:]) if words else ("", ())
    path = name.replace(".", "/")
    spots = (f"{path}.py", f"{path}/__main__.py", f"src/{path}.py", f"src/{path}/__main__.py")
    if found := next((paths for spot in spots if (paths := tree.named(spot, place))), ()):
        yield from (RunFile(path=path, arguments=rest) for path in found)
    elif name in FAMILIES:
        yield Collect(paths=collected(FAMILIES[name], rest, tree, place))
    elif name in {"coverage", "accelerate"}:
        yield from steps_of([name, *rest], tree, place)
    else:  # such as torch.distributed.run, cProfile, kernprof
        yield from _other(name, rest, tree, place) if name in _RUN_THEIR_SCRIPT else ()


def _shell(_name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    for index, word in enumerate(arguments):
        if re.fullmatch(r"-[a-zA-Z]{0,20}c", word):
            yield RunText(text="".join(arguments[index + 1 : index + 2]))
            return
        if not word.startswith("-"):
            break
    for path, rest in _script(arguments, tree, place):
        yield RunFile(path=path, arguments=rest, as_shell=True)


def _other(name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    """An interpreter; one of JavaScript may be asked to run tests instead."""
    if name in FAMILIES and ("--test" in arguments or (name in {"bun", "deno"} and "test" in arguments[:1])):
        given = [word for word in arguments if word not in {"test", "--test"}]
        yield Collect(paths=collected(FAMILIES[name], given, tree, place))
        return
    rest = arguments[1:] if arguments[:1] in (["run"], ["task"]) else arguments
    found = [RunFile(path=path, arguments=after) for path, after in _script(rest, tree, place, _CODE)]
    yield from found or _in_folder(rest, _BY_DEFAULT.get(name, ()), tree, place)


def _go(_name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    match list(arguments):
        case ["test", *rest]:
            yield Collect(paths=collected(FAMILIES["go"], rest, tree, place))
        case ["run", *rest]:
            yield from _other("go", rest, tree, place)


def _cargo(_name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    words = [word for word in arguments if not word.startswith("+")]
    if words[:1] and words[0] in {"test", "t", "bench", "nextest", "criterion"}:
        yield Collect(paths=collected(FAMILIES["cargo"], (), tree, place))
    if words[:1] and words[0] in {"run", "r"}:
        named = {option: _after(words, option) for option in ("--bin", "--example")}
        spots = [f"src/bin/{named['--bin']}.rs", f"src/bin/{named['--bin']}/main.rs"] if named["--bin"] else []
        spots += [f"examples/{named['--example']}.rs"] if named["--example"] else []
        spots += [] if named["--example"] else ["src/main.rs"]
        for spot in ("Cargo.toml", "build.rs", *spots):
            yield from (RunFile(path=path) for path in tree.named(spot, place))


def _make(name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    """A target of a Makefile or justfile, in the folder that an option names."""
    folder = place.folder
    for option in ("-C", "--directory", "-d", "--working-directory"):
        folder = tree.folder(_after(arguments, option), place) or folder
    chosen = [_after(arguments, option) for option in ("-f", "--file", "--makefile", "--justfile")]
    names = [*filter(None, chosen)] or (JUSTFILES if name == "just" else MAKEFILES)
    inside = place.entered(folder)
    if path := next((paths[0] for spot in names if (paths := tree.named(spot, inside))), ""):
        targets = read_targets(path, tree)
        pairs = (word.partition("=") for word in arguments if "=" in word and not word.startswith("-"))
        targets.variables.update((name, value) for name, _, value in pairs)
        text = targets.run([word for word in arguments if not word.startswith("-")])
        yield RunText(text=text, path=path, folder=folder)
        yield from (RunText(text="", path=file, folder=folder, included=True) for file in targets.included[1:])


def _packager(name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    """A script of package.json; without one of that name, what a package or `bun` itself runs."""
    folder = place.folder
    for option in ("--prefix", "-C", "--cwd", "--dir"):
        folder = tree.folder(_after(arguments, option), place) or folder
    path = next(iter(tree.named(PACKAGE, place.entered(folder))), "")
    package = tree.text(path) if path else ""
    words = [{"t": "test"}.get(word, word) for word in arguments if not word.startswith("-")][:MOST_WORDS]
    text = next(filter(None, (package_script(package, word) for word in words)), "")
    if text and not (name == "bun" and words[0] == "test"):
        yield RunText(text=text, path=path, folder=folder_of(path))
    elif name == "bun":
        yield from _other(name, arguments, tree, place)
    elif name in {"yarn", "pnpm"} and arguments[:1] and _kind(arguments[0]) == "tests":
        yield from _tests(arguments[0], arguments[1:], tree, place)


def _tests(name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    yield Collect(paths=collected(FAMILIES[name], arguments, tree, place))


def _find(_name: str, arguments: Sequence[str], tree: Tree, place: Place) -> Iterator[Step]:
    """`find src -name '*.py' -exec python {} ;`: each command, with the files that the first name may stand for."""
    start = next((word for word in arguments[:1] if not word.startswith("-")), ".")
    found = f"{start}/**/{_after(arguments, '-name') or '*'}"
    for index, word in enumerate(arguments[:MOST_WORDS_OF_FIND]):
        if word in {"-exec", "-execdir", "-ok"}:
            command = [
                found if part == "{}" else part for part in takewhile(lambda part: part not in _ENDS, arguments[index + 1 :])
            ]
            yield from steps_of(command, tree, place)


def _texts(name: str, arguments: Sequence[str], _tree: Tree, _place: Place) -> Iterator[Step]:
    """`eval` joins its arguments; of others each is a command."""
    words = [word for word in arguments if not word.startswith("-")]
    yield RunText(text=(" " if name == "eval" else "\n").join(words))


def _after(arguments: Sequence[str], option: str) -> str:
    """The value of an option, `-C dir`, `-Cdir` or `--dir=dir`; empty without it."""
    for index, word in enumerate(arguments):
        if word == option:
            return "".join(arguments[index + 1 : index + 2])
        if word.startswith(f"{option}=" if option.startswith("--") else option):
            return word.removeprefix(option).removeprefix("=")
    return ""


_Reader = Callable[[str, Sequence[str], Tree, Place], Iterator[Step]]
_READERS: Mapping[str, _Reader] = {
    **dict.fromkeys(("make", "gmake", "just"), _make),
    **dict.fromkeys(_PACKAGERS, _packager),
    **dict.fromkeys(_TEXTS, _texts),
    "find": _find,
    "python": _python,
    "shell": _shell,
    "tests": _tests,
    "other": _other,
    "go": _go,
    "cargo": _cargo,
}
