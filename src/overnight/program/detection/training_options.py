"""Pure: what a training script is told so that it runs in a trial: options for a machine without GPU, variables."""

import re
from collections.abc import Iterable

_SAYS_GPU = re.compile(r"\bcuda\b|\.gpu\b", re.IGNORECASE)
_ASKS = re.compile(r"cuda\.is_available|device_count\(|mps\.is_available|list_physical_devices")
_HARD = re.compile(r"""\.cuda\(|\.to\(\s*["']cuda|device\s*(?:=|\()\s*["']cuda""")
_SWITCHES = (
    (re.compile(r"""["'](--(?:no|disable)[-_](?:cuda|gpu)|--(?:use[-_])?cpu)["'][^)]{0,200}store_true"""), ""),
    (re.compile(r"""["'](--(?:use[-_])?(?:cuda|gpu))["'][^)]{0,200}store_false"""), ""),
    (re.compile(r"""["'](--device)["'][^)]{0,200}default\s*=\s*["'](?:cuda|gpu)[\w:]*["']"""), " cpu"),
    (re.compile(r"""DEFINE_string\(\s*["'](device)["']\s*,\s*["'](?:cuda|gpu)"""), "=cpu"),
    (re.compile(r"""^[ \t]+(device)\s*:\s*str\s*=\s*["']cuda""", re.MULTILINE), " cpu"),
)
_CONFIGURATOR = re.compile(r"""^device\s*=\s*["']cuda""", re.MULTILINE)

# What a script calls, and the variables with which it needs no display, no network and nobody who looks.
_VARIABLES = (
    (re.compile(r"\b(?:plt|pyplot|pylab)\.show\(|matplotlib\.use\(\s*[\"'](?:Tk|Qt|GTK|Mac)"), {"MPLBACKEND": "Agg"}),
    (re.compile(r"^[ \t]*(?:import|from)[ \t]+wandb\b", re.MULTILINE), {"WANDB_MODE": "disabled"}),
    (
        re.compile(r"^[ \t]*(?:import|from)[ \t]+pygame\b", re.MULTILINE),
        {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
    ),
    (re.compile(r"\bcv2\.imshow\("), {"QT_QPA_PLATFORM": "offscreen"}),
)


def cpu_option(path: str, text: str, command: str) -> tuple[str, str]:
    """The words that make a script use no GPU, after a space, and a note on it; both empty if it looks itself.

    Args:
        path: of the script.
        text: what it and its options' module say.
        command: as it is run so far; an option that it has is not added.
    """
    if not _SAYS_GPU.search(text):
        return "", ""
    for switch, value in _SWITCHES:
        hit = switch.search(text)
        # A switch is not needed where the script asks itself; a device that is named by default is taken as it is.
        if hit and hit[1] not in command and (value or not _ASKS.search(text)):
            words = f"{'' if hit[1].startswith('-') else '--'}{hit[1]}{value}"
            return f" {words}", f"this machine has no GPU, so {path} is run with `{words}`"
    if _CONFIGURATOR.search(text) and "configurator.py" in text:
        return " --device=cpu --compile=False", f"this machine has no GPU, so {path} is run with `--device=cpu`"
    if _HARD.search(text) and not _ASKS.search(text):
        return "", f"{path} asks for a GPU, which this machine has not, and has no option for the CPU that is known"
    return "", ""


def variables_of(texts: Iterable[str]) -> dict[str, str]:
    """Variables that the code of these texts needs in a trial, where there is no display, no network and no person."""
    found: dict[str, str] = {}
    for text in texts:
        for calls, variables in _VARIABLES:
            if calls.search(text):
                found |= variables
    return found
