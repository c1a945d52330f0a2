"""A small modern GPT in one file: rotary positions, QK norm, value embeddings; Muon for matrices, AdamW for the rest.

It learns from `train.txt` until its budget of floating-point operations is spent, and leaves its weights as plain numbers:
`model.json` says how they are to be read, `model.f32` holds them. program.md has the family of networks that is scored.
"""

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from prepare import CONTEXT, END, price, training_stories, vocabulary
from torch import Tensor
from torch.nn import functional as F

# ---- What may be tuned ----

LAYERS = 2
HEADS = 2
HEAD_PAIRS = 12  # of units, which rotary positions turn
MLP_RATIO = 4
ROTARY_BASE = 1000.0
QK_SCALE = math.sqrt(2)
LOGIT_CAP = 15.0

BATCH_ROWS = 4
WARMUP = 0.0
WARMDOWN = 0.8
MUON_LR = 0.03
MUON_MOMENTUM = 0.9
EMBEDDING_LR = 0.3
HEAD_LR = 0.02
VALUE_EMBEDDING_LR = 0.3
VALUE_EMBEDDING_WEIGHT_DECAY = 0.01
ADAM_BETA1 = 0.8
ADAM_BETA2 = 0.95

WIDTH = 2 * HEAD_PAIRS * HEADS

Weights = dict[str, Tensor]

# ---- The network ----


def make_weights(words: int) -> Weights:
    """The first weights: what writes into the stream starts at zero, so that a new network passes everything through."""

    def uniform(rows: int, columns: int) -> Tensor:
        bound = 3**0.5 * WIDTH**-0.5
        return torch.empty(rows, columns).uniform_(-bound, bound)

    hidden = MLP_RATIO * WIDTH
    weights = {"token": torch.randn(words, WIDTH), "head": 0.001 * torch.randn(words, WIDTH)}
    for layer in range(LAYERS):
        weights |= {f"{name}{layer}": uniform(WIDTH, WIDTH) for name in ("query", "key", "value")}
        weights |= {f"mix{layer}": torch.zeros(WIDTH, WIDTH), f"value_embedding{layer}": uniform(words, WIDTH)}
        weights |= {f"up{layer}": uniform(hidden, WIDTH), f"down{layer}": torch.zeros(WIDTH, hidden)}
        weights |= {f"skip{layer}": torch.tensor([[1.0, 0.1]])}
    return weights


def norm(x: Tensor) -> Tensor:
    return F.rms_norm(x, (x.size(-1),), eps=1e-6)


def rotate(x: Tensor) -> Tensor:
    """Turn each pair of units of a head by an angle that grows with the position."""
    half = x.size(-1) // 2
    speed = ROTARY_BASE ** (-torch.arange(half, device=x.device) / half)
    angle = torch.outer(torch.arange(x.size(-2), device=x.device), speed)
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * angle.cos() + b * angle.sin(), b * angle.cos() - a * angle.sin()), -1)


def predict(weights: Weights, tokens: Tensor) -> Tensor:
    """The logits of what follows each token, (rows, length, words), from tokens (rows, length)."""
    rows, length = tokens.shape
    x = start = norm(F.embedding(tokens, weights["token"]))

    def heads(of: Tensor) -> Tensor:
        return of.view(rows, length, HEADS, -1).transpose(1, 2)

    for layer in range(LAYERS):
        skip = weights[f"skip{layer}"]
        x = skip[0, 0] * x + skip[0, 1] * start
        seen = norm(x)
        query, key = (QK_SCALE * norm(rotate(heads(seen @ weights[f"{name}{layer}"].T))) for name in ("query", "key"))
        value = heads(seen @ weights[f"value{layer}"].T + F.embedding(tokens, weights[f"value_embedding{layer}"]))
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + mixed.transpose(1, 2).reshape(rows, length, -1) @ weights[f"mix{layer}"].T
        x = x + F.relu(norm(x) @ weights[f"up{layer}"].T).square() @ weights[f"down{layer}"].T
    return LOGIT_CAP * torch.tanh(norm(x) @ weights["head"].T / LOGIT_CAP)


# ---- The optimizer ----


class Adam:
    """AdamW: each weight moves by its mean slope over the root of its mean square, and loses the share `decay` of itself.

    The decay does not depend on the rate (Source: Loshchilov and Hutter, Decoupled Weight Decay, 2019).
    """

    def __init__(self, weight: Tensor, rate: float, decay: float = 0.0) -> None:
        self.weight, self.rate, self.decay, self.steps = weight, rate, decay, 0
        self.mean, self.square = torch.zeros_like(weight), torch.zeros_like(weight)

    def step(self, schedule: float) -> None:
        """Move by the rate times `schedule`."""
        self.steps += 1
        slope, rate = self.weight.grad, schedule * self.rate
        self.weight.mul_(1 - schedule * self.decay)
        self.mean.lerp_(slope, 1 - ADAM_BETA1)
        self.square.lerp_(slope.square(), 1 - ADAM_BETA2)
        spread = (self.square / (1 - ADAM_BETA2**self.steps)).sqrt_().add_(1e-10)
        self.weight.addcdiv_(self.mean, spread, value=-rate / (1 - ADAM_BETA1**self.steps))


class Muon:
    """Momentum whose matrix is made orthogonal, so that every direction moves alike (Source: Jordan et al., Muon, 2024)."""

    def __init__(self, weight: Tensor, rate: float) -> None:
        self.weight, self.rate = weight, rate
        self.mean = torch.zeros_like(weight)

    def step(self, schedule: float) -> None:
        """Move by the rate times `schedule`."""
        rate = schedule * self.rate * max(1.0, self.weight.size(0) / self.weight.size(1)) ** 0.5
        self.mean.lerp_(self.weight.grad, 1 - MUON_MOMENTUM)
        self.weight.sub_(orthogonal(self.weight.grad.lerp(self.mean, MUON_MOMENTUM)), alpha=rate)


def orthogonal(matrix: Tensor) -> Tensor:
    """Roughly the orthogonal matrix next to `matrix`: five Newton-Schulz steps push its singular values towards 1."""
    x = matrix.T if matrix.size(0) > matrix.size(1) else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if matrix.size(0) > matrix.size(1) else x


def make_optimizers(weights: Weights) -> list[Adam | Muon]:
    """A group for each kind of weight; rates of tables are given for a width of 48."""
    adam = {
        "token": (EMBEDDING_LR, 0.0),
        "head": (HEAD_LR, 0.0),
        "value_embedding": (VALUE_EMBEDDING_LR, VALUE_EMBEDDING_WEIGHT_DECAY),
        "skip": (0.02, 0.0),
    }
    kinds = {name: name.rstrip("0123456789") for name in weights}
    return [
        Adam(weight, *adam[kinds[name]]) if kinds[name] in adam else Muon(weight, MUON_LR)
        for name, weight in weights.items()
    ]


# ---- Training ----


def batches(stories: list[list[int]]) -> Iterator[Tensor]:
    """Rows of CONTEXT + 1 tokens without end: whole stories in random order, each row from the start of one."""
    rows: list[list[int]] = []
    row: list[int] = [END]
    while True:
        for number in torch.randperm(len(stories)).tolist():
            row += [*stories[number], END]
            if len(row) > CONTEXT:
                rows.append(row[: CONTEXT + 1])
                row = [END]
            if len(rows) == BATCH_ROWS:
                yield torch.tensor(rows)
                rows = []


def train(weights: Weights, stories: list[list[int]], budget: float) -> int:
    """Change `weights` for the better until the budget is spent; the number of steps."""
    matrices = sum(w.numel() for name, w in weights.items() if not name.startswith(("token", "value_embedding", "skip")))
    steps = max(1, int(budget / price(matrices, LAYERS * WIDTH, BATCH_ROWS * CONTEXT)))
    optimizers, rows = make_optimizers(weights), batches(stories)
    for weight in weights.values():
        weight.requires_grad_()
    for step in range(steps):
        done = step / steps
        schedule = min(1.0, done / WARMUP if WARMUP else 1.0, (1 - done) / WARMDOWN if WARMDOWN else 1.0)
        batch = next(rows).to(weights["token"].device)
        loss = F.cross_entropy(predict(weights, batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        loss.backward()
        with torch.no_grad():
            for optimizer in optimizers:
                optimizer.step(schedule)
                optimizer.weight.grad = None
    return steps


# ---- What is left for the scorer ----


def save(weights: Weights) -> None:
    """Write the network down as data: how it is to be computed, and its numbers in that order."""
    about: dict[str, object] = {"heads": HEADS, "rotary_base": ROTARY_BASE, "qk_norm": True, "qk_scale": QK_SCALE, "logit_cap": LOGIT_CAP}
    about["weights"] = {name: list(weight.shape) for name, weight in weights.items()}
    Path("model.json").write_text(json.dumps(about), encoding="ascii")
    flat = torch.cat([weight.detach().flatten().float().cpu() for weight in weights.values()])
    Path("model.f32").write_bytes(flat.numpy().astype("<f4").tobytes())


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--budget", type=float, required=True, help="floating-point operations")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.use_deterministic_algorithms(device == "cpu")  # on a GPU not every operation has such a form
    weights = {name: weight.to(device) for name, weight in make_weights(len(vocabulary())).items()}
    steps = train(weights, training_stories(), arguments.budget)
    print(f"{steps} steps, {sum(weight.numel() for weight in weights.values())} weights, {device}")
    save(weights)


if __name__ == "__main__":
    main()
