"""A `Workspaces` of its own making: files of one commit from a dictionary, read back with `os.walk` and `lstat`."""

import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

from overnight.files.folders import BadArtifact
from overnight.git.port import FileChange
from overnight.program.scope import matches
from overnight.research.experiment import ByProducts
from overnight.research.places.port import Collected, View

LARGEST_BYTES = 1000**2


class PlainWorkspaces:
    """Implements `Workspaces` for one commit; no researcher writes while it reads."""

    def __init__(
        self,
        root: Path,
        files: Mapping[str, bytes],
        *,
        programs: Collection[str],
        hidden: Sequence[str],
        editable: Sequence[str],
    ) -> None:
        self.root = root
        self.files = {path: (content, path in programs) for path, content in files.items()}
        self.omitted = {View.OPEN: hidden, View.EDITED: hidden, View.SCORER: editable, View.SEALED: ()}

    def create(self, commit: str, view: View) -> Path:
        folder = Path(tempfile.mkdtemp(dir=self.root))
        for path, (content, runs) in self.shown(view).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
            (folder / path).chmod(0o755 if runs else 0o644)
        return folder

    def shown(self, view: View) -> Mapping[str, tuple[bytes, bool]]:
        return {path: file for path, file in self.files.items() if not matches(path, self.omitted[view])}

    def collect(self, folder: Path, commit: str) -> Collected:
        before, found, problems, left = self.shown(View.OPEN), dict[str, tuple[bytes, bool]](), list[str](), set[str]()
        for at, folders, names in os.walk(folder):
            for name in [*names, *(name for name in folders if (Path(at) / name).is_symlink())]:
                path = (Path(at) / name).relative_to(folder).as_posix()
                status = (Path(at) / name).lstat()
                if path not in self.files and not matches(path, self.omitted[View.SCORER]):
                    top, below, _ = path.partition("/")
                    left.add(f"{top}/" if below else top)
                elif not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
                    problems.append(f"{path} is not taken")
                elif path in self.files and path not in before:
                    problems.append(f"{path} is hidden")
                else:
                    found[path] = ((Path(at) / name).read_bytes(), bool(status.st_mode & stat.S_IXUSR))
        changes = [FileChange(path=path, content=file[0], executable=file[1]) for path, file in found.items()
                   if before.get(path) != file]  # fmt: skip
        changes += [FileChange(path=path, content=None, executable=before[path][1]) for path in before.keys() - found.keys()]
        by_products = ByProducts(count=len(left), others=tuple(sorted(left)))
        return Collected(changes=sorted(changes, key=lambda change: change.path), problems=problems, by_products=by_products)

    def artifact(self, folder: Path, name: str, limit_bytes: int) -> bytes:
        return self._file(folder, name, limit_bytes).read_bytes()

    def copy_artifacts(self, source: Path, names: Sequence[str], folder: Path, limit_bytes: int) -> None:
        files = {name: self._file(source, name, limit_bytes) for name in names}
        if sum(file.stat().st_size for file in files.values()) > limit_bytes:
            raise BadArtifact("too much together")
        for name, file in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / name)

    def output(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.root)) / "output"

    def remove(self, folder: Path) -> None:
        folder.chmod(0o700)
        for at, folders, _ in os.walk(folder):
            for name in folders:
                if not (Path(at) / name).is_symlink():
                    (Path(at) / name).chmod(0o700)
        shutil.rmtree(folder)

    def _file(self, folder: Path, name: str, limit_bytes: int) -> Path:
        file = folder / name
        inside = ".." not in PurePosixPath(name).parts and not PurePosixPath(name).is_absolute()
        if not inside or not file.exists() or file.resolve() != folder.resolve() / name or not file.is_file():
            raise BadArtifact(f"{name} is no regular file")
        if file.stat().st_size > limit_bytes:
            raise BadArtifact(f"{name} is too large")
        return file
