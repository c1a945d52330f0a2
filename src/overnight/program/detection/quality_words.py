"""Pure: the words by which programs call how good their result is, and which way of each is better."""

import re
from dataclasses import dataclass

from overnight.program.program import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word that says what is judged."""

    found: re.Pattern[str]
    direction: Direction | None  # None: only a person knows
    of_model: bool
    shared: bool = False  # a benchmark prints it too, of a comparison: it counts with the data's name or a step beside it


def _word(words: str, direction: Direction | None, *, model: bool = True, shared: bool = False) -> Word:
    found = re.compile(
        rf"(?:^|_)(?:{words})(?:$|_(?:train|val|valid|test|dev|eval|score|rate|obtained|found|value|so_far)(?:_|$))"
    )
    return Word(found=found, direction=direction, of_model=model, shared=shared)


_LESS, _MORE = Direction.MINIMIZE, Direction.MAXIMIZE
# In the order in which people take them on other data than the training's.
WORDS = (
    _word("acc|accuracy|accuracies|acc1|top1|top_1", _MORE),
    _word("f1|auc|roc|auroc|rocauc|bleu|rouge|m?iou|psnr|ssim|map|r2|dice", _MORE),
    _word("ap|average_precision|auprc?|prauc|mrr|mcc|nmi|ari|kappa|ndcg", _MORE, shared=True),
    _word("(?:ndcg|hits?|hr|recall|precision|map|mrr)(?:_at)?_[0-9]{1,4}", _MORE, shared=True),
    _word("perplexity|ppl|bpb|bpc|nll|wer|cer|rmse", _LESS),
    _word("loss|cross_entropy|bce|elbo_loss|objective_loss", _LESS),
    _word("error|err|mse|mae|error_rate", _LESS, shared=True),
    _word("reward|rewards|return|returns", _MORE, model=False),
    _word("win_rate|winrate|elo|wins", _MORE, model=False),
    _word("(?:best_|high_?|final_|total_|mean_|avg_|average_|max_)*score", _MORE, model=False),
    _word("makespan|(?:tour|path|route)_(?:length|cost|distance)|distance|cost|penalty|energy|conflicts", _LESS, model=False),
    _word("fitness|objective|objective_value|moves", None, model=False),
)
