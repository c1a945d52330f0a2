"""Pure: scripts that train a model or an agent, by their names and what they do; which one is meant, and how it is run."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from overnight.program.detection.command import FOREIGN, Files
from overnight.program.detection.python_calls import Call
from overnight.program.detection.python_text import only_defines
from overnight.program.detection.reads_beside import imported
from overnight.program.detection.seed import seed_option
from overnight.program.detection.training_folder import placed
from overnight.program.detection.training_needs import needed_words
from overnight.program.detection.training_options import cpu_option, variables_of
from overnight.program.judge.tree import folder_of

MOST_DEEP = 4  # folders
MOST_EQUAL = 12  # scripts of which one is asked for
LARGEST = 100_000  # characters of a script; a parser takes a second for a hostile one of this size
WANTED = re.compile(
    r"[^/]+\.py|(?:[^/]+/){1,4}(?:(?:run_?)?train\w*|\w+_train|main|run|run_\w+|experiment|pretrain\w*|finetune\w*"
    r"|args|arguments|opts|options|config\w*|parser|cli|flags|utils?|engine|solver|learner|agent|\w*data\w*|load\w*|preprocess\w*|inputs?)\.py"
)

_TRAIN = re.compile(r"(?:run_?)?(?:train|training)|main_train|train_model")
_MAIN = re.compile(r"main|run|run_experiments?|experiment|pretrain|finetune|learn")
_KINDS = re.compile(r"(?:train|run|pretrain|finetune|main)[_-]\w+|\w+[_-](?:train|training|trainer)")
_OTHER = 3  # of a script whose name says nothing
# What only uses a model, or belongs to something else.
_NO_TRAINING = re.compile(
    r"(?:^|[_-])(?:tests?|eval\w*|validate|setup|conf(?:test|ig)?|plot\w*|visuali[sz]e\w*|vis|demo|infer\w*|predict\w*|samples?"
    r"|sampling|generate|gen|export|convert|data\w*|prepare|preprocess\w*|process|download|fetch|utils?|helpers?|models?|play|enjoy"
    r"|render|watch|show|serve\w*|server|app|api|gui|bench\w*|profile|noxfile|fabfile|manage|wsgi|build\w*|release|install)(?:[_-]|$)"
)
_FOLDERS = re.compile(
    r"(?:^|/)(?:tests?|testing|examples?|tutorials?|notebooks?|bench(?:mark)?s?|old|legacy|deprecated|archive|scratch|templates?)/",
    re.IGNORECASE,
)
_DOES = re.compile(
    r"\bfor[ \t]+\w{0,20}(?:epoch|episode|generation|iteration|step|iter|batch|_|i|t|n)\w{0,20}[ \t]+in\b|\.backward\(|\.fit\("
    r"|\btrain\w*\(|\.train\w*\(|\.learn\(|optimi[sz]er\.step|GradientTape|value_and_grad|jax\.grad|\bgrad\("
)
_CALLS = re.compile(r"(?:train|fit|learn)\w{0,30}\(|[Tt]rainer\w{0,20}\(|\.run\(")
_LEARNS = re.compile(
    r"\.backward\(|\.fit\(|\.learn\(|optimi[sz]er\.step|GradientTape|value_and_grad|jax\.grad|\b(?:num_?|n_?)?(?:epochs?|episodes?)\b"
    r"|\btrain(?:_\w+|er)?\(|\.train\w*\(|\blearning_rate\b|\breward\b",
    re.IGNORECASE,
)
_IMPORTED = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]{1,100}[ \t]+)?import[ \t]+[^\n]{1,200}", re.MULTILINE)
_OPTIONS_FILE = re.compile(r"args|arguments|opts|options|config\w*|parser|cli|flags|train\w*|utils")
_ELSEWHERE = re.compile(
    r"path/to|\byour|xxx|\.\.\.|://|--?(?:resume|load|checkpoint|ckpt|pretrained|eval\w*|test\w*|sample\w*|generate|play|demo|render|wandb"
    r"|distributed|world|dist|local_rank|nproc|download|help|h|debug|infer\w*|predict\w*)(?![a-z])",
    re.IGNORECASE,
)
_ON_GPU = re.compile(r"gpu|cuda|fp16|amp\b|bf16", re.IGNORECASE)
_SEED = re.compile(r"[ \t]+--[\w-]*seed(?:[= \t]+\d+)?(?=[ \t]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A script that trains, and how it is run."""

    path: str
    text: str  # what it and its options' modules say
    plain: bool  # its name or the README says that it is run
    command: str
    reason: str
    env: Mapping[str, str]
    notes: Sequence[str]


def training(files: Files, shown: Sequence[Call], *, gpu: bool) -> Sequence[Training]:
    """The script that a person would train with; several if nothing says which of them.

    Args:
        files: every path with its text, or None if the text was not read.
        shown: commands of the README.
        gpu: whether this machine has a GPU.
    """
    learns = {path for path, text in files.items() if text and len(text) <= LARGEST and path.endswith(".py") and _learns(text)}
    found = {path: key for path in files if (key := _key(path, files, learns)) is not None}
    named = [each for each in shown if each.leaf in found and not _ELSEWHERE.search(each.text)]
    paths = list(dict.fromkeys(each.leaf for each in named)) or list(found)
    best = min((found[path] for path in paths), default=None)
    equal = [path for path in paths if found[path] == best]
    variables = _variables_at_top(files) if found else {}
    return [_run(path, files, named, variables, gpu=gpu) for path in equal[:MOST_EQUAL]]


def of_script(path: str, files: Files, shown: Sequence[Call], *, gpu: bool) -> Training:
    """How one script is run, which is known to train."""
    usable = [each for each in shown if each.leaf == path and not _ELSEWHERE.search(each.text)]
    return _run(path, files, usable, _variables_at_top(files), gpu=gpu)


def _learns(text: str) -> bool:
    return _DOES.search(text) is not None and _LEARNS.search(text) is not None


def _key(path: str, files: Files, learns: Collection[str]) -> tuple[bool, int, int] | None:
    """Sorts scripts by how likely they train; None for one that does not, or not by itself."""
    text = files[path]
    if (
        text is None
        or len(text) > LARGEST
        or not path.endswith(".py")
        or path.count("/") > MOST_DEEP
        or FOREIGN.search(path)
        or _FOLDERS.search(path)
    ):
        return None
    stem, kind = _stem(path), _kind(path)
    if kind == _OTHER and ("/" in path or stem.startswith("__")):
        return None
    if _NO_TRAINING.search(stem.replace("train", "")) or (kind and path not in learns and not _calls(path, files, learns)):
        return None
    if only_defines(text):
        return None
    return kind == _OTHER, path.count("/"), kind


def _calls(path: str, files: Files, learns: Collection[str]) -> bool:
    """Whether a script that is called main or so only calls what trains, in a module that it imports."""
    if _MAIN.fullmatch(_stem(path)) is None or not _CALLS.search(files[path] or ""):
        return False
    return any(module in learns for module in imported(path, files))


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py").lower()


def _kind(path: str) -> int:
    """How plainly the name of a script says that it trains; the least the plainest."""
    return next((kind for kind, name in enumerate((_TRAIN, _MAIN, _KINDS)) if name.fullmatch(_stem(path))), _OTHER)


def _variables_at_top(files: Files) -> Mapping[str, str]:
    return variables_of(text or "" for path, text in files.items() if "/" not in path and path.endswith(".py"))


def _run(path: str, files: Files, shown: Sequence[Call], variables: Mapping[str, str], *, gpu: bool) -> Training:
    text = "\n".join((files[path] or "", *_options_files(path, files)))
    usable = [each for each in shown if each.leaf == path and (gpu or not _ON_GPU.search(each.text))]
    begin = placed(usable[0].text if usable else "", path, files)
    command = _SEED.sub("", begin)
    command += needed_words(text, command, files) + seed_option(text)
    reason = f"{path} is the script that trains" + ", run as the README says" * bool(usable)
    reason += ", and takes a seed" if "{seed}" in command else ""
    option, note = ("", "") if gpu else cpu_option(path, text, command)
    return Training(
        path=path,
        text=text,
        plain=_kind(path) != _OTHER or bool(usable),
        command=command + option,
        reason=reason,
        env={**variables_of([text]), **variables},
        notes=[note] if note else [],
    )


def _options_files(path: str, files: Files) -> Sequence[str]:
    """The texts of modules that may have the options of a script."""
    words = {word for line in _IMPORTED.findall(files[path] or "") for word in re.findall(r"\w+", line)}
    beside = f"{folder_of(path)}/" if "/" in path else ""
    near = (f"{place}{name}.py" for name in sorted(words) if _OPTIONS_FILE.fullmatch(name) for place in {beside, ""})
    return [text for each in near if each != path and (text := files.get(each))]
