"""Rows B to E, G and I of docs/performance.md: measures and predictions, side by side with other libraries.

    python run.py DATA --peers PYTHON --out results/evaluation_512

DATA is a folder made by make_data.py; PYTHON has the other libraries installed. Every contestant runs in a process of its own, in
turns, several rounds; medians are printed and written as CSV, and results that differ from seg-eval's are an error.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TIMEOUT = 1800
OWN = "seg-eval"
AGREE = 1e-9
"""Relative difference of floats that is taken for equal."""


@dataclass(frozen=True)
class Contestant:
    """One way to do the work of a row."""

    row: str
    name: str
    script: str
    task: str


CONTESTANTS = [
    *(
        Contestant(row, name, script, row)
        for row in ("B1", "B2")
        for name, script in (
            (OWN, "seg_eval_measures"),
            ("cc3d", "cc3d_measures"),
            ("scikit-image", "skimage_measures"),
            ("scipy", "scipy_measures"),
        )
    ),
    Contestant("B1", "SimpleITK", "simpleitk_measures", "B1"),
    Contestant("C", OWN, "seg_eval_measures", "C"),
    Contestant("C", "scikit-image", "skimage_measures", "C"),
    Contestant("D", OWN, "seg_eval_measures", "D"),
    Contestant("D", "scikit-image", "skimage_measures", "D"),
    *(
        Contestant("D", name, "confusion_measures", f"D-{name.lower()}")
        for name in ("numpy", "torch", "sklearn", "MONAI")
    ),
    Contestant("E", OWN, "windows_seg_eval", "E"),
    Contestant("E", "MONAI", "windows_monai", "E"),
    Contestant("G-part", OWN, "seg_eval_measures", "G-part"),
    Contestant("G-part", "scikit-learn, scikit-image, cc3d", "chained_measures", "G-part"),
    Contestant("G", OWN, "seg_eval_measures", "G"),
]
ROWS = ("B1", "B2", "C", "D", "E", "G-part", "G", "I")


def entered(rows: list[str], data: Path) -> list[Contestant]:
    """Contestants of some rows; row I has one for each size of volume that the data hold."""
    sides = sorted(int(path.name.rpartition("_")[2]) for path in data.glob("volume_*"))
    growing = [Contestant("I", f"{OWN}, {side}³", "windows_seg_eval", f"I-{side}") for side in sides]
    return [one for one in [*CONTESTANTS, *growing] if one.row in rows]


def run(contestant: Contestant, data: Path, peers: str) -> dict[str, Any]:
    """Measure once; a contestant that does not come to an end has no figures."""
    python = sys.executable if contestant.name.startswith(OWN) else peers
    command = [python, "-W", "ignore", str(HERE / f"{contestant.script}.py"), contestant.task, str(data)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"{contestant.name}, {contestant.task}: {error}\n{str(error.stderr or '')[-1500:]}", file=sys.stderr)
        return {}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def difference(one: Any, other: Any) -> str | None:
    """Say where two results differ in what both of them hold."""
    if isinstance(one, dict):
        places = [(key, difference(one[key], other[key])) for key in one.keys() & other.keys()]
        return next((f"{key}: {what}" for key, what in places if what), None)
    if isinstance(one, list):
        if len(one) != len(other):
            return f"{len(one)} and {len(other)} entries"
        return next((what for what in map(difference, one, other) if what), None)
    close = isinstance(one, float) and math.isclose(one, other, rel_tol=AGREE, abs_tol=1e-12)
    return None if close or one == other else f"{one!r} and {other!r}"


def main() -> int:
    """Measure all rows, round by round; 1 when results differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", nargs="*", default=list(ROWS), choices=ROWS)
    parser.add_argument("--only", nargs="*", default=[], help="contestants by name; all when not given")
    options = parser.parse_args()
    table, differences = [], []
    for row in options.rows:
        contestants = [one for one in entered([row], options.data) if one.name in (options.only or [one.name])]
        found: dict[str, list[dict[str, Any]]] = {one.name: [] for one in contestants}
        for _ in range(options.rounds):
            for one in contestants:
                figures = run(one, options.data, options.peers)
                found[one.name] += [figures] if figures else []
        results = {name: runs[0]["result"] for name, runs in found.items() if runs}
        for name, result in results.items():
            what = difference(results.get(OWN, result), result)
            differences += [f"{row}, {name}: {what}"] if what else []
        table += rows_of(row, found)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with options.out.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, table[0])
            writer.writeheader()
            writer.writerows(table)
    for line in differences:
        print(f"differs from {OWN}: {line}", file=sys.stderr)
    return 1 if differences else 0


def rows_of(row: str, found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Medians of each contestant, and how many times seg-eval's they are."""
    columns = ("seconds", "cpu_seconds", "peak_mib_above_start")
    medians = {
        name: {column: statistics.median(one[column] for one in runs) for column in columns}
        for name, runs in found.items()
        if runs
    }
    own = medians.get(OWN)
    lines = []
    for name, figures in medians.items():
        times = {f"{column}_over_{OWN}": figures[column] / own[column] if own else "" for column in columns[:2]}
        lines.append({"row": row, "contestant": name, **figures, **times, "rounds": len(found[name])})
        print(
            f"{row:7} {name:34} {figures['seconds']:9.3f} s {figures['cpu_seconds']:9.3f} s of processor "
            f"{figures['peak_mib_above_start']:8.0f} MiB",
            flush=True,
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
