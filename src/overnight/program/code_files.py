"""Pure: which files are code, by their names."""

from pathlib import PurePosixPath

COMPILED = frozenset((".c", ".cc", ".cpp", ".cu", ".cxx", ".f90", ".go", ".h", ".hpp", ".java", ".pyx", ".rs", ".ts", ".zig"))
_INTERPRETED = frozenset(
    (".cjs", ".jl", ".js", ".jsx", ".lua", ".mjs", ".php", ".pl", ".py", ".r", ".rb", ".sh", ".sql", ".tsx")
)


def is_code(path: str) -> bool:
    """Whether a file's name is that of code."""
    return PurePosixPath(path).suffix.lower() in COMPILED | _INTERPRETED
