"""Code that was written for another version of a package, or of Python, than the one that is installed."""

import re

from overnight.research.setup.causes.failing import Failing, shown
from overnight.research.setup.causes.pins import is_newer, misses, pins_of
from overnight.research.setup.causes.removed import removed_in
from overnight.research.setup.causes.user_python import answer_of

_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "skimage": "scikit-image",
    "yaml": "pyyaml",
}

_ERROR = re.compile(r"(?:^|: )(?:AttributeError|ImportError|ModuleNotFoundError|TypeError): ", re.MULTILINE)
_NAMED = re.compile(
    r"module '([A-Za-z_]\w{0,60})[\w.]{0,100}' has no attribute|cannot import name '\w{1,80}' from '([A-Za-z_]\w{0,60})"
    r"|No module named '([A-Za-z_]\w{0,60})\.\w"
)
_FRAME = re.compile(r"(?:site|dist)-packages/([A-Za-z_]\w{0,60})[/.]")


_PICKLED = re.compile(r"UnicodeDecodeError: 'ascii' codec can't decode byte")


def other_version(failing: Failing) -> str:
    """A package that is installed in a version that the repository does not ask for, or that has no more what it uses."""
    text = failing.text
    if _PICKLED.search(text) and "pickle" in text.lower():
        return "the file was written by Python 2: load it with `pickle.load(file, encoding='latin1')`, and commit that"
    removed = removed_in(text)
    if removed and removed.package == "python":
        return f"this code needs Python {removed.needs}: run it with that, or change what it uses and commit that"
    package = removed.package if removed else _package_of(text)
    pins = pins_of(failing, package) if package else ()
    if not removed and not pins:
        return ""
    installed = answer_of(failing, _VERSION, package)
    if said := next((pin for pin in pins if misses(installed, pin)), None):
        age = "a newer" if is_newer(said.version, installed) else "an older"
        why = (
            f"this code needs {age} {package} than the installed {shown(installed)}: {shown(said.path)} asks for `{said.words}`"
        )
        return (
            f"{why}; install that in an environment of its own, perhaps with {age} Python, or change the code and commit that"
        )
    if not removed or (installed and not is_newer(installed, removed.needs.lstrip("<"), same=True)):
        return ""
    here = f" instead of the installed {shown(installed)}" if installed else ""
    return f"this code needs `{package}{removed.needs}`{here}: install that, or change what it uses and commit that"


def _package_of(text: str) -> str:
    """The package whose attribute, name or call an error is about; empty if it is about none."""
    if not _ERROR.search(text):
        return ""
    named = _NAMED.search(text)
    module = next(filter(None, named.groups()), "") if named else next(reversed(_FRAME.findall(text)), "")
    return _DISTRIBUTIONS.get(module, module.lower().replace("_", "-"))
