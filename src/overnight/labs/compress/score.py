"""Prints how many times shorter the codec in codec.json makes an unseen journal. Frozen.

The journal's seed is the trial's seed mixed with a secret that only this side has.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from engine import NoCodec, compress, decompress, read_codec
from journal import write_journal


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True, help="of the trial")
    parser.add_argument("--size", type=int, default=12_000, help="of the journal, in bytes")
    parser.add_argument("--split", choices=("public", "holdout", "audit"), default="public", help="which journals")
    arguments = parser.parse_args()
    secret = Path("hidden", f"{arguments.split}.seed").read_text(encoding="ascii")
    seed = int.from_bytes(hashlib.sha256(f"{secret.strip()} {arguments.seed}".encode()).digest()[:8], "big")
    text, drawn_bits = write_journal(seed, arguments.size)
    try:
        codec = read_codec(Path("codec.json").read_text(encoding="utf-8"))
    except (NoCodec, UnicodeDecodeError) as error:
        sys.exit(f"no codec: {error}")
    blob = compress(codec, text)
    if decompress(codec, blob) != text:
        sys.exit("the text does not come back")
    ratio, ceiling = len(text) / len(blob), 8 * len(text) / drawn_bits
    if ratio > ceiling:
        sys.exit(f"a ratio of {ratio:.1f}, where knowing everything gives {ceiling:.1f}: the journal has leaked")
    print(f"METRIC ratio={ratio:.6f}")
    print(f"ceiling: {ceiling:.6f}")


if __name__ == "__main__":
    main()
