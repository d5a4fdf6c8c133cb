"""`seg-train run` and `seg-eval volume` for some minutes, scored as the others.

    python seg_train_training.py DATA WORK --minutes 6 --seed 0 --dimensions 2D [--set KEY=VALUE ...]

A short run measures the seconds of a step; the epochs of the real one take the budget. Validation and the final prediction do not
count. WORK takes the model folder. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

import h5py
import yaml
from scoring import read_region, result

from seg_common.evaluation_paths import EvaluationPaths
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document

EPOCHS = 10
TRIAL_EPOCHS, TRIAL_STEPS = 3, 6


def make_config(options: argparse.Namespace) -> dict[str, object]:
    """What a user of `seg-train init` would come to for this budget."""
    names = read_region(options.data, "train")[2]
    planar = options.dimensions == "2D"
    side = options.side or (224 if planar else 64)
    rejection = {"kind": "min_class_fraction", "class_name": names[-1], "fraction": 0.01, "reject_probability": 0.7}
    return {
        "kind": "training_config",
        "schema_version": 1,
        "volume": str((options.data / "volume.yaml").resolve()),
        "seed": options.seed,
        "crops": {
            "shape": [1 if planar else side, side, side],
            "positions": {"kind": "covering"},
            "rejection": rejection if len(names) > 2 else None,
        },
        "model": {"depth": 3, "base_filters": options.filters, "residual": False},
        "loss": {
            "kind": "sum",
            "terms": [
                {"weight": 1.0, "loss": {"kind": "jaccard2", "form": "macro"}},
                {"weight": 1.0, "loss": {"kind": "cross_entropy"}},
            ],
        },
        "learning_rate": {"kind": "cosine", "peak": 0.005, "end": 0.00001, "warmup_fraction": 0.05},
        "precision": "bfloat16" if options.bfloat16 else "float32",
        "batch_size": options.batch or (8 if planar else 2),
        "examples_every": 0,
        "deterministic": False,
        "threads": 1,
    }


def train(config: dict[str, object], model: Path, epochs: int, steps: int, settings: list[str]) -> list[float]:
    """Run the command, and give the training seconds of each epoch."""
    path = model.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(config | {"epochs": epochs, "steps_per_epoch": steps}, sort_keys=False))
    words = [word for setting in settings for word in ("--set", setting)]
    command = ["seg-train", "run", str(path), "--output", str(model), "--overwrite", "--quiet", *words]
    subprocess.run(command, check=True, stdout=sys.stderr)
    with ModelPaths(root=model).timing.open() as file:
        return [float(row["training_seconds"]) for row in csv.DictReader(file)]


def main() -> None:
    """Measure a step, train for the budget, predict, score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dimensions", choices=["2D", "3D"], default="2D")
    parser.add_argument("--side", type=int, help="edge length of a crop; 224 in 2D and 64 in 3D when not given")
    parser.add_argument("--batch", type=int, help="8 in 2D and 2 in 3D when not given")
    parser.add_argument("--filters", type=int, default=8, help="base filters: more of them see fewer crops in the time")
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    config = make_config(options)
    name = f"{options.data.name}_{options.dimensions}_seed{options.seed}"
    trial = train(config, options.work / f"{name}_trial", TRIAL_EPOCHS, TRIAL_STEPS, options.settings)
    # The first epoch compiles; so does that of the real run.
    compiling, per_step = trial[0] - min(trial[1:]), min(trial[1:]) / TRIAL_STEPS
    steps = max(EPOCHS, int((options.minutes * 60 - compiling) / per_step))
    model = options.work / name
    seconds = sum(train(config, model, EPOCHS, steps // EPOCHS, options.settings))
    evaluation = EvaluationPaths(root=model / "evaluations" / "benchmark")
    command = ["seg-eval", "volume", str(model), "--partition", "test", "--output", str(evaluation.root), "--quiet"]
    subprocess.run(command, check=True, stdout=sys.stderr)
    record = read_document(ModelPaths(root=model).metadata, TrainingRecord)
    with h5py.File(evaluation.predicted_labels) as file:
        predicted = file["labels"][...]
    row = result(
        "seg-train",
        options.data,
        predicted,
        dimensions=options.dimensions,
        seed=options.seed,
        minutes=round(seconds / 60, 2),
        parameters=record.network.trainable_parameters,
        crops=record.result.crops_seen,
        validation_mean_jaccard=round(record.result.best_mean_jaccard or 0.0, 4),
    )
    print(json.dumps(row))


if __name__ == "__main__":
    main()
