"""The constants of YAML, TOML, JSON and INI files."""

import configparser
import json
import tomllib
from collections.abc import Callable

import pytest
import yaml

from overnight.research.researchers.tuner.data_files import scan_ini, scan_json, scan_toml, scan_yaml
from overnight.research.researchers.tuner.findings import Findings, Unreadable, Value
from overnight.research.researchers.tuner.literals import render

YAML = b"""
# \xc3\xa9 0.5
lr: 0.1  # not 0.2
optim: &o {betas: [0.9, 1.0e-3], on: yes}
again: *o
name: "3"
time: 12:30
old: 0755
text: 1e-3
"""
TOML = b"""
lr = 3e-4  # was 0.1 \xc3\xa9
day = 1979-05-27T07:32:00Z
[a."b.2"]
big = 1_000
3 = 4
s = "5"
list = [0.9, 0.99]
flags = {x = true}
text = '''
n = 6
'''
"""
JSON = b'{"lr": 3e-4, "s": "1", "x": [true, {"y": -1.5}], "2": 3, "\xc3\xa9": 4, "none": null}'
INI = b"[a]\nlr = 0.1 ; not 0.2\nflag: Yes\nv = 1.2.3\n[b]\n# n = 4\nn=3\nempty\n"


def values(findings: Findings) -> dict[str, Value]:
    """Names and values of what was found."""
    return {c.name: c.value for c in findings.constants}


def test_yaml() -> None:
    """Plain numbers and switches, once each; no strings, times, octals or text that only looks like a number."""
    assert values(scan_yaml("c.yaml", YAML)) == {"lr": 0.1, "again.betas[0]": 0.9, "again.betas[1]": 1e-3, "again.on": True}


def test_toml() -> None:
    """Numbers and switches; no dates, strings, comments or keys."""
    assert values(scan_toml("c.toml", TOML)) == {
        "lr": 3e-4,
        "a.b.2.big": 1000,
        "a.b.2.3": 4,
        "a.b.2.list[0]": 0.9,
        "a.b.2.list[1]": 0.99,
        "a.b.2.flags.x": True,
    }


def test_json() -> None:
    """Numbers and switches, including those in nested lists."""
    assert values(scan_json("c.json", JSON)) == {"lr": 3e-4, "x[0]": True, "x[1].y": -1.5, "2": 3, "é": 4}


def test_ini() -> None:
    """Values that consist of a number or a switch only."""
    assert values(scan_ini("c.ini", INI)) == {"a.lr": 0.1, "a.flag": True, "b.n": 3}


@pytest.mark.parametrize(("scan", "content"), [(scan_yaml, YAML), (scan_toml, TOML), (scan_json, JSON), (scan_ini, INI)])
def test_an_edit_changes_one_value_and_no_other_byte(scan: Callable[[str, bytes], Findings], content: bytes) -> None:
    """Each value can be replaced by splicing its bytes, and the file reads back with only that value changed."""
    before = scan("c", content)
    assert len(before.constants) > 2
    for constant in before.constants:
        new: Value = not constant.value if isinstance(constant.value, bool) else constant.value * 2
        text = render(new, constant.text).encode()
        edited = content[: constant.start] + text + content[constant.end :]
        assert values(scan("c", edited)) == {**values(before), constant.name: new}


def test_small_floats_are_numbers_in_every_format() -> None:
    """A tiny float is written so that each format's own parser reads a float."""
    text = render(1.25e-7, "0.01")
    assert yaml.safe_load(f"x: {text}") == {"x": 1.25e-7}
    assert tomllib.loads(f"x = {text}") == {"x": 1.25e-7}
    assert json.loads(text) == 1.25e-7
    ini = configparser.RawConfigParser()
    ini.read_string(f"[a]\nx = {text}")
    assert ini.getfloat("a", "x") == 1.25e-7


@pytest.mark.parametrize("scan", [scan_yaml, scan_toml, scan_json, scan_ini])
@pytest.mark.parametrize("content", [b"\xff", b"[" * 5_000, b"{a: [}", b"@@ = {["])
def test_what_does_not_parse_is_unreadable(scan: Callable[[str, bytes], Findings], content: bytes) -> None:
    """A broken or hostile file is refused in one line."""
    with pytest.raises(Unreadable) as refused:
        scan("c", content)
    assert "\n" not in str(refused.value)


def test_aliases_of_aliases_end() -> None:
    """A YAML file that expands to billions of values is read quickly."""
    lines = ["a0: &a0 [1.5, 1.5]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))]
    assert len(scan_yaml("c.yaml", "\n".join(lines).encode()).constants) == 2


def test_deep_keys_of_toml_are_refused() -> None:
    """An endless dotted key is refused before a parser spends a minute on it."""
    with pytest.raises(Unreadable):
        scan_toml("c.toml", b"a." * 50_000 + b"a = 1")


@pytest.mark.parametrize(
    ("scan", "content"),
    [
        (scan_yaml, b"a: %s\nb: 2"),
        (scan_toml, b"a = %s\nb = 2"),
        (scan_json, b'{"a": %s, "b": 2}'),
        (scan_ini, b"[s]\na=%s\nb=2"),
    ],
)
def test_endless_numbers_are_left_alone(scan: Callable[[str, bytes], Findings], content: bytes) -> None:
    """A number of thousands of digits is neither a constant nor an error."""
    assert list(values(scan("c", content % (b"1" * 9_000))).values()) == [2]
