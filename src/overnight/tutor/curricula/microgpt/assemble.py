"""Prints a whole train.py made of your answers: its beginning and its main from train.py, everything between from your files.

Run it in the folder of your answers: python assemble.py > lab/train.py
"""

import ast
import re
from pathlib import Path

EXERCISES = {"mean_surprise", "bits", "times"}
STEPS = {  # file: what the network and its training need of it
    "surprise": ["softmax"],
    "tape": ["tape", "Tensor", "plus", "add", "backward"],
    "neuron": ["dots", "flip", "linear", "relu"],
    "embeddings": ["lookup", "surprise"],
    "causal": ["look_back"],
    "attention": ["attend"],
    "norm": ["norm"],
    "network": ["make_weights", "predict"],
    "adam": ["adam"],
    "training": ["train"],
    "sampling": ["sample"],
}


def assembled(folder):
    """The text of a train.py. Beside what it needs of a file, what you added there comes along."""
    lines = (folder / "train.py").read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("# ---- 1."))
    main = lines.index("def main():")
    parts = ["\n".join(lines[:first])]
    for step, needed in STEPS.items():
        source = (folder / f"{step}.py").read_text(encoding="utf-8")
        missing = [name for name in needed if name not in names(source)]
        if missing:
            raise SystemExit(f"{step}.py has no {', '.join(missing)}: pass that step first")
        parts.append(without_exercises(source))
    parts.append("\n".join(lines[main:]))
    return re.sub("\n{3,}", "\n\n", "\n\n".join(parts)) + "\n"


def without_exercises(source):
    """The file without what was only an exercise, and without the import of what earlier steps gave."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if getattr(node, "name", "") in EXERCISES or getattr(node, "module", "").startswith("given_"):
            lines[node.lineno - 1:node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return "\n".join(lines).strip("\n")


def names(source):
    """What a file defines at its top."""
    tree = ast.parse(source)
    assigned = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
    return assigned | {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}


if __name__ == "__main__":
    print(assembled(Path.cwd()), end="")
