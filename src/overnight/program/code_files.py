"""Pure: which files are code, by their names."""

_C = (".c", ".c++", ".cc", ".cpp", ".cu", ".cuh", ".cxx", ".h", ".hh", ".hpp", ".hxx")
_OTHERS = (".cs", ".cts", ".f90", ".go", ".hs", ".java", ".kt", ".ml", ".mts", ".pyx", ".rs", ".scala", ".swift", ".ts", ".zig")
COMPILED = frozenset((*_C, *_OTHERS))
_INTERPRETED = frozenset(
    (".cjs", ".jl", ".js", ".jsx", ".lua", ".mjs", ".php", ".pl", ".py", ".r", ".rb", ".sh", ".sql", ".tsx")
)


def is_code(path: str) -> bool:
    """Whether a file's name is that of code."""
    return suffix_of(path) in COMPILED | _INTERPRETED


def suffix_of(path: str) -> str:
    """The suffix of a path's last name with its dot, in lower case; empty if it has none."""
    name = path.rpartition("/")[2]
    return f".{name.rpartition('.')[2]}".lower() if "." in name[1:] else ""
