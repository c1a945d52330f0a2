"""Files that are broken on purpose do not work in their language."""

import ast
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from overnight.research.setup.connection.breaking import broken, hollowed

PARSERS = {"a.sh": "sh", "Makefile": "make -f", "a.js": "node", "a.pl": "perl", "a.c": "gcc -fsyntax-only", "a.rb": "ruby"}


@pytest.mark.parametrize("name", PARSERS)
def test_a_broken_file_does_not_parse(tmp_path: Path, name: str) -> None:
    """Whatever the language, its own program refuses it."""
    command = PARSERS[name].split()
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} on this machine")
    [change] = broken([name], {name: False})
    (tmp_path / name).write_bytes(change.content or b"")
    assert subprocess.run([*command, name], cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_broken_data_does_not_parse() -> None:
    """Neither as Python, nor as JSON or YAML."""
    [change] = broken(["a.py"], {"a.py": True})
    text = (change.content or b"").decode()
    assert change.executable
    with pytest.raises(SyntaxError):
        ast.parse(text)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(text)
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(text)


def test_a_hollow_file_can_be_imported_and_its_functions_raise() -> None:
    """Constants, classes and what runs at the top stay; a file without functions is left out."""
    texts = {"a.py": b"K = 3\nclass C:\n    def f(self):\n        return K\n", "b.py": b"K = 3\n", "c.txt": b"def f(): ..."}
    [change] = hollowed(texts, dict.fromkeys(texts, False))
    names: dict[str, object] = {}
    exec(compile(change.content or b"", "a.py", "exec"), names)
    assert (change.path, names["K"]) == ("a.py", 3)
    made = names["C"]
    assert isinstance(made, type)
    with pytest.raises(RuntimeError, match="on purpose"):
        made().f()


@pytest.mark.parametrize("text", [b"def f(:", b"\0", b"x = " + b"(" * 100_000])
def test_what_is_not_python_is_left_out(text: bytes) -> None:
    """A file that Python cannot read is no reason to fail."""
    assert hollowed({"a.py": text}, {"a.py": False}) == []
