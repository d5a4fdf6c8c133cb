"""The whole job on one volume, by the commands that you would type: preview, train, predict, evaluate.

Run it with ``nox -s demo`` for a synthetic composite, or ``nox -s demo -- path/to/volume.yaml`` for a volume of yours,
which needs labels and the partitions ``train`` and ``validation``. Everything is written below ``demo/``.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README_PICTURE = ROOT / "docs" / "pictures" / "demo_overlay.png"
PHANTOM_SHAPE = (128, 256, 256)
BUDGET = ("model.base_filters=4", "learning_rate.peak=0.005", "epochs=12", "steps_per_epoch=40", "examples_every=4")
REQUIRED_LEAD = 0.02


def main() -> int:
    """Run the commands one after the other; 0 when all went well and the default phantom was learnt."""
    options = parse_arguments()
    out = options.output
    is_default = options.volume is None and tuple(options.shape) == PHANTOM_SHAPE and not options.settings
    volume = options.volume
    if volume is None:
        volume = out / f"phantom_seed_{options.seed}"
        shape = [str(side) for side in options.shape]
        run("seg-data", "phantom", volume, "--shape", *shape, "--seed", options.seed, "--overwrite")
    config, model = out / "train.yaml", out / "model"
    run("seg-train", "init", config, "--volume", volume, "--overwrite")
    run("seg-data", "preview-crops", volume, "--config", config, "--output", out / "crops", "--overwrite")
    chosen = (f"seed={options.seed}", *BUDGET, *options.settings)
    settings = [word for setting in chosen for word in ("--set", setting)]
    run("seg-train", "run", config, "--output", model, "--overwrite", *settings)
    partition = ["--partition", "test"] if has_test_partition(volume) else []
    evaluation = out / "evaluation"
    run("seg-eval", "volume", model, *partition, "--output", evaluation, "--overwrite")
    lead = smallest_lead(evaluation / "evaluation.json")
    if is_default and options.seed == 0:
        README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(evaluation / "pictures" / "overlay.png", README_PICTURE)
    return verdict(lead, is_default=is_default)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "volume", nargs="?", type=Path, help="volume.yaml or its folder; a phantom is made when left away"
    )
    parser.add_argument("--output", type=Path, default=Path("demo"), help="folder for everything (default: demo)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the phantom and of the training (default: 0)")
    parser.add_argument(
        "--shape", type=int, nargs=3, default=PHANTOM_SHAPE, metavar=("Z", "Y", "X"), help="phantom shape"
    )
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="training key")
    return parser.parse_args()


def run(*words: object) -> None:
    """Show a command, run it, and stop when it fails."""
    command = [str(word) for word in words]
    print(f"\n$ {shlex.join(command)}", flush=True)
    ended = subprocess.run(command, check=False)
    if ended.returncode:
        sys.exit(ended.returncode)


def has_test_partition(volume: Path) -> bool:
    told = subprocess.run(["seg-data", "info", str(volume), "--json"], check=True, capture_output=True, text=True)
    return "test" in json.loads(told.stdout)["partitions"]


def smallest_lead(path: Path) -> float | None:
    """Smallest difference over the classes between the model's Jaccard and the better baseline's."""
    evaluation = json.loads(path.read_text(encoding="utf-8"))
    leads = []
    for index, scores in enumerate(evaluation["classes"]):
        rivals = [baseline["classes"][index]["jaccard"] for baseline in evaluation["baselines"].values()]
        known = [rival for rival in rivals if rival is not None]
        if scores["jaccard"] is not None and known:
            leads.append(scores["jaccard"] - max(known))
    return min(leads, default=None)


def verdict(lead: float | None, *, is_default: bool) -> int:
    if lead is None:
        print("\nNo class could be compared with a baseline.")
        return 0
    better = "above" if lead >= 0 else "BELOW"
    print(f"\nOn its worst class the model is {abs(lead):.3f} Jaccard {better} the better baseline.")
    if is_default and lead < REQUIRED_LEAD:
        print(f"On the default phantom it should be at least {REQUIRED_LEAD} above on every class: something is wrong.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
