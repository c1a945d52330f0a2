"""On which line of a TOML file a value is written."""

from overnight.words.toml_lines import line_of

TEXT = """\
# machines

[[providers]]
name = "a"

[[providers]]
name = "b"

[machines.two]
ssh = [
  "gpu1",
  "machines",
]
python = "/p"

[machines.hpc]
slurm = {cores = 1, memory = "1GB"}
"""


def test_each_key_has_its_line() -> None:
    """A table's is its heading; a value's is its key, also if it goes on below; a key of an inline table has that table's."""
    assert line_of(TEXT, ("providers", 0, "name")) == 4
    assert line_of(TEXT, ("providers", 1, "name")) == 7
    assert line_of(TEXT, ("machines", "two")) == 9
    assert line_of(TEXT, ("machines", "two", "ssh", 1)) == 10
    assert line_of(TEXT, ("machines", "two", "python")) == 14
    assert line_of(TEXT, ("machines", "hpc", "slurm", "memory")) == 17


def test_what_is_missing_has_the_line_of_what_is_around_it() -> None:
    """A key that is not written has its table's line; a file without any of it has no line."""
    assert line_of(TEXT, ("machines", "hpc", "nodes")) == 16
    assert line_of(TEXT, ("machines", "hpc", "slurm", "cores", "x")) == 17
    assert line_of(TEXT, ("spending",)) is None


def test_a_huge_file_is_not_looked_through() -> None:
    """Each look parses all that stands before, so a file of thousands of lines gets none."""
    assert line_of("a = 1\n" + "#\n" * 3000, ("a",)) is None
