"""Which way a metric improves, by its name."""

import re
from pathlib import Path

import pytest

from overnight.program.direction import guess_direction
from overnight.program.program import Direction

PAGE = (Path(__file__).parents[2] / "docs" / "program.md").read_text(encoding="utf-8")
LESS = """loss val_loss latency_ms p99 p99_ms test_µs total_s parse_file_s step_s bytes output_size peak_memory_mb
    error_rate wer makespan cycles instructions_retired ns_per_op ms_per_step s_per_iter bytes_per_token cycles_per_byte
    bits_per_byte allocs_per_op joules_per_token loss_per_token errors_per_s dropped_per_s ns/op train/time eval/loss
    batch_size nll regret cost"""
MORE = """accuracy score f1 auc bleu rouge_l psnr success_rate throughput qps rps fps iops gflops ops_per_s ops_per_sec
    tokens_per_second val/ops_per_s ops_per_s_per_core mb_per_s bits_per_s tokens/s MB/s tok/s/gpu req_s mb_s ipc
    instructions_per_cycle score_per_game accuracy_per_s tokens_per_joule samples_per_sec_per_gpu speedup"""
UNSAID = "widgets reward steps learning_rate time_to_accuracy f1_loss epoch fail_rate ratio"


@pytest.mark.parametrize(("names", "direction"), [(LESS, Direction.MINIMIZE), (MORE, Direction.MAXIMIZE), (UNSAID, None)])
def test_a_usual_name_says_which_way_is_better(names: str, direction: Direction | None) -> None:
    """Costs, losses and times go down, quality and rates up; a rate is not mistaken for a time by its `_s`."""
    assert {name: guess_direction(name) for name in names.split()} == dict.fromkeys(names.split(), direction)


def test_the_page_promises_what_is_guessed() -> None:
    """Each word and each name in the tables of docs/program.md has the direction that it stands for."""
    rows = PAGE.split("#### Directions by name")[1].split("A name with words of both")[0].splitlines()[4:8]
    less, more, rates, amounts = (row.split("|")[2] for row in rows)
    for text, direction in ((less, Direction.MINIMIZE), (more, Direction.MAXIMIZE)):
        listed = ", ".join(re.findall(r"\((.+?)\)", text)).replace("`", "").replace(", ...", "").split(", ")
        assert {guess_direction(name) for name in listed} == {direction}, listed
    assert {guess_direction(name) for name in re.findall("`(.+?)`", rates.partition("; less if")[0])} == {Direction.MAXIMIZE}
    assert guess_direction("errors_per_s") is Direction.MINIMIZE and "`errors_per_s`" in rates
    down, up = amounts.split(" less, ")
    assert {guess_direction(name) for name in re.findall("`(.+?)`", down)} == {Direction.MINIMIZE}
    assert {guess_direction(name) for name in re.findall("`(.+?)`", up)} == {Direction.MAXIMIZE}
