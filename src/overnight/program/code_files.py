"""Pure: which files are code, by their names."""

COMPILED = frozenset((".c", ".cc", ".cpp", ".cu", ".cxx", ".f90", ".go", ".h", ".hpp", ".java", ".pyx", ".rs", ".ts", ".zig"))
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
