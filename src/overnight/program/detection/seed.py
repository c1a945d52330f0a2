"""Whether a script takes a seed on its command line, by reading the script."""

import re

_OPTION = re.compile(r"""["'](--(?:random[-_]|rng[-_])?seed)(?:=|["'])""")  # argparse, click, typer, docopt, fire by hand
_CASE = re.compile(r"^[ \t]*(?:-\w[ \t]*\|[ \t]*)?(--seed)(?:[ \t]*\|[ \t]*-\w)?\)", re.MULTILINE)  # of a shell's `case`
_ABSL = re.compile(r"""\bDEFINE_integer\(\s*["'](seed|random_seed)["']""")
_BY_PARAMETER = re.compile(r"\b(?:typer|fire|tyro|jsonargparse|simple_parsing|HfArgumentParser)\b")
_PARAMETER = re.compile(r"^[^#\n]*?\b(seed)\s*(?::\s*(?:int\b[^=\n]{0,80})?)?=", re.MULTILINE)


def seed_option(script: str) -> str:
    """The words that pass a trial's seed to the script, after a space; empty if it takes none."""
    if hit := _OPTION.search(script) or _CASE.search(script):
        return f" {hit[1]} {{seed}}"
    if hit := _ABSL.search(script):
        return f" --{hit[1]}={{seed}}"
    if _BY_PARAMETER.search(script) and _PARAMETER.search(script):
        return " --seed {seed}"
    return ""
