"""Gather what `run.py` left into tables, a picture and the histories of all runs.

    python gather.py WORK

writes results/runs.csv (one row per run and class), results/summary.csv (mean and standard deviation over the seeds),
results/histories/RUN.csv and results/test_jaccard.png.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import matplotlib.pyplot as plt
from experiments import EXPERIMENTS

from seg_common import ModelPaths, read_document
from seg_common.schema.training_record import TrainingRecord

RESULTS = Path(__file__).parent / "results"
SCORES = ("jaccard", "precision", "recall", "reference_fraction", "estimated_fraction")


def main() -> None:
    """Read every finished run once, and write all tables from that."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    arguments = parser.parse_args()
    rows = []
    (RESULTS / "histories").mkdir(parents=True, exist_ok=True)
    for name in EXPERIMENTS:
        for model in sorted(arguments.work.glob(f"{name}_seed*/")):
            found = sorted(model.glob("evaluations/*_test_*/evaluation.json"))
            if found:
                rows += class_rows(name, model, json.loads(found[0].read_text()))
                shutil.copyfile(model / "history.csv", RESULTS / "histories" / f"{model.name}.csv")
    write_table(RESULTS / "runs.csv", rows)
    summary = summarise(rows)
    write_table(RESULTS / "summary.csv", summary)
    draw(rows, RESULTS / "test_jaccard.png")


def class_rows(name: str, model: Path, evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per class, and one for the mean over the classes."""
    record = read_document(ModelPaths(root=model).metadata, TrainingRecord)
    run = {
        "experiment": name,
        "seed": record.config.seed,
        "dimensions": record.network.dimensions,
        "parameters": record.network.trainable_parameters,
        "crops": record.result.crops_seen,
        "voxels_per_crop": record.image_size[0] * record.image_size[1] * record.image_size[2],
        "acceptance_rate": record.sampling.acceptance_rate,
        "best_epoch": record.result.best_epoch,
    }
    rows = [run | {"class": info["name"]} | {key: info[key] for key in SCORES} for info in evaluation["classes"]]
    nothing = dict.fromkeys(SCORES)
    return [*rows, run | {"class": "mean"} | nothing | {"jaccard": evaluation["mean_jaccard"]}]


def summarise(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean and standard deviation of the Jaccard over the seeds."""
    groups: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        groups.setdefault((row["experiment"], row["class"]), []).append(row["jaccard"])
    return [
        {
            "experiment": experiment,
            "class": name,
            "seeds": len(values),
            "mean_jaccard": round(mean(values), 4),
            "standard_deviation": round(stdev(values), 4) if len(values) > 1 else None,
        }
        for (experiment, name), values in groups.items()
    ]


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw a dot for each run, and a bar at their mean: the rarest class, and the mean over the classes."""
    phantom = [row for row in rows if EXPERIMENTS[row["experiment"]].volume == "phantom"]
    names = list(dict.fromkeys(row["experiment"] for row in phantom))
    figure, panels = plt.subplots(1, 2, figsize=(10, 0.42 * len(names) + 1.2), sharey=True, layout="constrained")
    for panel, shown, title in zip(panels, ("pore", "mean"), ("Jaccard of pores (0.9 %)", "mean Jaccard"), strict=True):
        for y, name in enumerate(names):
            values = [row["jaccard"] for row in phantom if row["experiment"] == name and row["class"] == shown]
            panel.plot(values, [y] * len(values), "o", color="#0072b2", alpha=0.7)
            panel.plot([mean(values)] * 2, [y - 0.3, y + 0.3], color="#1a1a1a")
        panel.set_xlabel(f"{title}, test region")
        panel.grid(axis="x", alpha=0.3)
    panels[0].set_yticks(range(len(names)), [EXPERIMENTS[name].title for name in names])
    panels[0].invert_yaxis()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
