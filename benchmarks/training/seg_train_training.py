"""`seg-train run` and `seg-eval volume` for some minutes, scored as the others.

    python seg_train_training.py DATA --work WORK --minutes 6 --seed 0 --dimensions 2D [--set KEY=VALUE ...]

A short run measures the seconds of a step; the epochs of the real one take the budget. Validation and the final prediction do not
count. Prints one line of JSON.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import yaml
from contestant_options import complete, contestant_parser
from scoring import read_region, result

from seg_common.evaluation_paths import EvaluationPaths
from seg_common.model_paths import ModelPaths
from seg_common.schema.training_record import TrainingRecord
from seg_common.yaml_documents import read_document

if TYPE_CHECKING:
    import argparse

EPOCHS = 10
TRIAL_EPOCHS, TRIAL_STEPS = 3, 6
PEAK = 0.005


def make_config(options: argparse.Namespace) -> dict[str, object]:
    """What a user of `seg-train init` would come to for this budget."""
    names = read_region(options.data, "train")[2]
    rejection = {"kind": "min_class_fraction", "class_name": names[-1], "fraction": 0.01, "reject_probability": 0.7}
    return {
        "kind": "training_config",
        "schema_version": 1,
        "volume": str((options.data / "volume.yaml").resolve()),
        "seed": options.seed,
        "crops": {
            "shape": [1 if options.dimensions == "2D" else options.side, options.side, options.side],
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
        "learning_rate": {"kind": "cosine", "peak": PEAK, "end": 0.00001, "warmup_fraction": 0.05},
        "batch_size": options.batch,
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
    parser = contestant_parser(__doc__)
    parser.add_argument("--work", type=Path, required=True, help="takes the model folder")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    options = complete(parser.parse_args())
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
        options,
        predicted,
        network="seg-train",
        peak=PEAK,
        minutes=seconds / 60,
        parameters=record.network.trainable_parameters,
        steps=record.result.crops_seen // options.batch,
        validation_mean_jaccard=record.result.best_mean_jaccard or 0.0,
    )
    print(json.dumps(row))


if __name__ == "__main__":
    main()
