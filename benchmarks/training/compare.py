"""Quality for a budget: `seg-train`, Keras' `fit` and MONAI for the same minutes on the same split, scored alike, in turns.

    python compare.py DATA --work WORK --minutes 8 --seeds 0 1 2 --dimensions 2D --peers PYTHON --out results/quality.csv

DATA is made by make_data.py; PYTHON has MONAI (peers.txt). All train the network of `seg-train`, MONAI its own one as well; that the
networks are the same is proved first. Rows are appended as they come.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

from same_network import check_same_network

HERE = Path(__file__).parent
CONTESTANTS = {
    "seg-train": ["seg_train_training.py"],
    "keras-fit": ["keras_fit_training.py"],
    "monai": ["monai_training.py", "--network", "seg-train"],
    "monai-own": ["monai_training.py", "--network", "own"],
}


def main() -> None:
    """Train all, seed after seed; options that are not named here go to every contestant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="takes the models of seg-train")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--dimensions", choices=["2D", "3D"], default="2D")
    parser.add_argument("--filters", type=int, default=8)
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--out", type=Path, required=True)
    options, rest = parser.parse_known_args()
    if "monai" in options.contestants:
        difference = check_same_network(options.dimensions, options.filters, options.peers)
        print(f"largest difference between both networks: {difference:.1e}", flush=True)
    shared = ["--minutes", options.minutes, "--dimensions", options.dimensions, "--filters", options.filters, *rest]
    for seed in options.seeds:
        for name in options.contestants:
            script, *own = CONTESTANTS[name]
            python = [options.peers, "-W", "ignore"] if script == "monai_training.py" else [sys.executable]
            if name == "seg-train":
                own = ["--work", options.work]
            words = [*python, HERE / script, options.data, "--seed", seed, *shared, *own]
            done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, check=True)
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
