"""How far a command came, by what it printed."""

import pytest

from overnight.program.detection.progress import amount_done

EPOCH = "(?:epoch|ep|e)"


@pytest.mark.parametrize(
    ("output", "unit", "total", "done"),
    [
        ("Epoch: 0001 loss: 1.9\nEpoch: 0012 loss: 1.8\n", EPOCH, 200, 12),
        ("epoch 3/200, 45% | loss 1.2\n", EPOCH, 200, 3),
        ("Epoch [7/50], Step [100/600], Loss: 0.1\n", EPOCH, 50, 7),
        ("Train Epoch: 2 [6400/60000 (11%)]\tLoss: 0.4\n", EPOCH, 14, 2),
        ("\r  3%|3     | 30/1000 [00:05<02:40]\r  4%|4     | 41/1000 [00:06<02:39]", "step", 1000, 41),
        ("iter 500: loss 1.2\n", "(?:iteration|iter|it|i)", None, 500),
        ("step 130 | loss 2.1\n", "(?:global[-_ ]?)?step", None, 130),
        ("{'epoch': 4, 'loss': 2}\n", EPOCH, 10, 4),
        ("episode=80 reward=1\n", "(?:episode|ep)", 1000, 80),
        ("epochs: 200\nepoch 400\n", EPOCH, 300, 300),
        ("loss 3\nsteep 4\nmyepoch 5\n", EPOCH, 100, 0),
        ("", EPOCH, 100, 0),
        ("epoch 50% done\n", EPOCH, 100, 0),
    ],
)
def test_progress_is_read_from_what_is_printed(output: str, unit: str, total: int | None, done: int) -> None:
    """So many of the known total first, also by a progress bar, else the number after the unit's name."""
    assert amount_done(output.encode(), unit, total) == done


def test_a_hostile_output_is_read_in_bounds() -> None:
    """Only the end of an output, and the start of a line, are looked at."""
    assert amount_done(b"epoch " * 1_000_000, EPOCH, 9) == 0
    assert amount_done(b"1/" * 1_000_000 + b"\nepoch 5", EPOCH, 9) == 5
