"""Plain files that stand in for a tree of control groups v2."""

from pathlib import Path


def make_v2(root: Path, path: str, *, handed_down: str) -> Path:
    """A group of a delegated v2 tree."""
    folder = root / path
    folder.mkdir(parents=True)
    (folder / "cgroup.procs").touch()
    (folder / "cgroup.subtree_control").write_text(handed_down)
    return folder


def mount_line(point: Path, kind: str = "cgroup2", *, root: str = "/", options: str = "rw") -> str:
    return f"41 31 0:38 {root} {point} rw,relatime - {kind} {kind} {options}\n"
