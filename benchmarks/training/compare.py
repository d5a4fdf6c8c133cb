"""Quality for a budget: `seg-train` and MONAI for the same minutes on the same split, scored alike, in turns.

    python compare.py DATA WORK --minutes 6 --seeds 0 1 2 --dimensions 2D --peers PYTHON --out results/quality.csv

DATA is made by make_data.py; PYTHON has MONAI (peers.txt). Rows are appended as they come.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Train all, seed after seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--dimensions", choices=["2D", "3D"], default="2D")
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--out", type=Path, required=True)
    options, rest = parser.parse_known_args()
    shared = ["--minutes", str(options.minutes), "--dimensions", options.dimensions, *rest]
    for seed in options.seeds:
        ours = [sys.executable, str(HERE / "seg_train_training.py"), str(options.data), str(options.work)]
        theirs = [options.peers, "-W", "ignore", str(HERE / "monai_training.py"), str(options.data)]
        for command in (ours, theirs):
            done = subprocess.run(
                [*command, "--seed", str(seed), *shared], stdout=subprocess.PIPE, text=True, check=True
            )
            row = json.loads(done.stdout.splitlines()[-1])
            print(row, flush=True)
            append(options.out, row)


def append(path: Path, row: dict[str, object]) -> None:
    """Append one row; files of volumes with other classes are other files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as file:
        table = csv.DictWriter(file, row)
        if new:
            table.writeheader()
        table.writerow(row)


if __name__ == "__main__":
    main()
