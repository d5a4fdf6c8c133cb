"""Train and evaluate the runs of docs/results.md, each unless it is there already.

    python run.py VOLUMES WORK [--only NAME ...] [--seeds 0 1 2]

VOLUMES holds the folders ``phantom`` and ``isbi`` with their volume.yaml; WORK takes the model folders. `gather.py` makes the
tables from them. Several of these may share WORK if they have different seeds.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import yaml
from experiments import BALANCED, EXPERIMENTS


def main() -> None:
    """Do what is not done yet, seed after seed, so that every experiment has its first result early."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("volumes", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    arguments = parser.parse_args()
    make_weights(arguments.volumes / "phantom")
    for seed in arguments.seeds:
        for name in arguments.only:
            train_and_evaluate(name, seed, arguments.volumes, arguments.work)


def make_weights(volume: Path) -> None:
    """Compute the voxel weights that one experiment needs."""
    if not (volume / f"weights_{BALANCED}.h5").exists():
        subprocess.run(["seg-data", "weights", str(volume), "--name", BALANCED, "--class-frequency", "0.5"], check=True)


def train_and_evaluate(name: str, seed: int, volumes: Path, work: Path) -> None:
    """Run one experiment with one seed; a run that was interrupted goes on."""
    experiment = EXPERIMENTS[name]
    model = work / f"{name}_seed{seed}"
    if not model.exists():
        work.mkdir(parents=True, exist_ok=True)
        volume = (volumes / experiment.volume / "volume.yaml").resolve()
        config = work / f"{model.name}.yaml"
        config.write_text(yaml.safe_dump(experiment.config(name, str(volume), seed), sort_keys=False), encoding="utf-8")
        subprocess.run(["seg-train", "run", str(config), "--output", str(model)], check=True)
    elif not (model / "last.keras").exists():
        subprocess.run(["seg-train", "resume", str(model)], check=True)
    if not (model / "evaluations").exists():
        subprocess.run(["seg-eval", "volume", str(model), "--partition", "test"], check=True)


if __name__ == "__main__":
    main()
