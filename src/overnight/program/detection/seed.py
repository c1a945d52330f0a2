"""Whether a script takes a seed on its command line, by reading the script."""

import re

_OPTION = re.compile(  # argparse, click, typer, docopt, fire by hand
    r"""["'](--(?:(?:random|rng|manual|global|torch|np|base|init)[-_]?)?[sS]eed|--random[-_]state)(?:=|["'])"""
)
_CASE = re.compile(r"^[ \t]*(?:-\w[ \t]*\|[ \t]*)?(--seed)(?:[ \t]*\|[ \t]*-\w)?\)", re.MULTILINE)  # of a shell's `case`
_ABSL = re.compile(r"""\bDEFINE_integer\(\s*["'](seed|random_seed)["']""")
_BY_PARAMETER = re.compile(r"\b(?:typer|fire|tyro|jsonargparse|simple_parsing|HfArgumentParser)\b")
_PARAMETER = re.compile(r"^[^#\n]*?\b(seed)\s*(?::\s*(?:int\b[^=\n]{0,80})?)?=", re.MULTILINE)
_CONSTANT = re.compile(r"^seed\s*=\s*[0-9]", re.MULTILINE)
_CONFIGURED = re.compile(r"\b(?:cfg|config|conf)\.seed\b")


def seed_option(script: str) -> str:
    """The words that pass a trial's seed to the script, after a space; empty if it takes none."""
    if hit := _OPTION.search(script) or _CASE.search(script):
        return f" {hit[1]} {{seed}}"
    if hit := _ABSL.search(script):
        return f" --{hit[1]}={{seed}}"
    if _BY_PARAMETER.search(script) and _PARAMETER.search(script):
        return " --seed {seed}"
    if "configurator.py" in script and _CONSTANT.search(script):  # which sets constants of the script that runs it
        return " --seed={seed}"
    return " seed={seed}" if "hydra.main" in script and _CONFIGURED.search(script) else ""
