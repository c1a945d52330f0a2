"""A file's content without the parts that do not run: two texts with the same canonical form do the same.

Python is compared by its syntax tree without docstrings, TOML and JSON by their values, languages with `//` and `#` comments
line by line. Anything else, including a file that does not parse, is compared by its bytes without blanks at line ends. In
doubt two texts differ: that costs a trial; the opposite mistake would refuse a change.
"""

import ast
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from overnight.research.changes.syntax import parse_python

LARGEST = 200_000  # bytes; a larger file is compared as text
_HASH_COMMENTS = frozenset(("sh", "bash", "cfg", "ini", "yaml", "yml", "r", "jl", "mk", "cmake"))
_SLASH_COMMENTS = frozenset(("c", "h", "cc", "cpp", "hpp", "cu", "cuh", "java", "go", "rs", "swift", "kt", "scala", "cs"))
_TEXT_BLOCKS = re.compile(rb"<<|[|>][+-]?[0-9]?\s*$|\"\"\"|'''|`|R\"", re.MULTILINE)  # here a comment sign may be content


_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")  # of statements, handlers and cases
REMEMBERED = 16  # files: each is asked for several times for one proposal, that of the head for every one


def canonical(path: str, content: bytes) -> str:
    """The digest of a file's canonical form: SHA-256, hex."""
    suffix = path.rpartition(".")[2].lower()
    if len(content) > LARGEST:
        return hashlib.sha256(_text(content)).hexdigest()
    return _canonical(suffix, content)


@lru_cache(REMEMBERED)
def _canonical(suffix: str, content: bytes) -> str:
    form = _FORMS.get(suffix, _text)
    try:
        found = form(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = _text(content)
    return hashlib.sha256(found).hexdigest()


def _python(content: bytes) -> bytes:
    tree = parse_python(content)
    if b"__doc__" not in content:
        _drop_docstrings(tree)
    return b"python " + ast.dump(tree).encode(errors="surrogatepass")


def _drop_docstrings(tree: ast.Module) -> None:
    blocks: list[ast.AST] = [tree]
    while blocks:  # statements alone, which have all that has a docstring: `ast.walk` would visit each expression too
        node = blocks.pop()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_text(statement)]
        for name in _BLOCKS:
            found = getattr(node, name, None)
            blocks += found if isinstance(found, list) else ()


def _is_text(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def _toml(content: bytes) -> bytes:
    import tomllib

    return b"toml " + repr(tomllib.loads(content.decode())).encode(errors="surrogatepass")


def _json(content: bytes) -> bytes:
    return b"json " + repr(json.loads(content)).encode(errors="surrogatepass")


def _commented(sign: bytes, *, indented: bool) -> Callable[[bytes], bytes]:
    """The lines without blank lines and comments; `indented` languages keep the leading space."""

    def form(content: bytes) -> bytes:
        if _TEXT_BLOCKS.search(content):
            return _text(content)
        lines = (line for line in content.splitlines() if line.strip() and not line.lstrip().startswith(sign))
        return b"\n".join(line.rstrip() if indented else line.strip() for line in lines)

    return form


def _text(content: bytes) -> bytes:
    return b"\n".join(line.rstrip() for line in content.splitlines())


_FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    "py": _python,
    "pyi": _python,
    "toml": _toml,
    "json": _json,
    **dict.fromkeys(_HASH_COMMENTS, _commented(b"#", indented=True)),
    **dict.fromkeys(_SLASH_COMMENTS, _commented(b"//", indented=False)),
}
