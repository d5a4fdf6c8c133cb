"""Rows A1 to A4 of docs/performance.md: random crops per second, side by side with other libraries.

    python run.py DATA --peers PYTHON --out results/512

DATA is a folder made by make_data.py; PYTHON has the other libraries installed. Every contestant runs in a process of its own, in
turns, several rounds; medians are printed and written as CSV.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TIMEOUT = 300


@dataclass(frozen=True)
class Contestant:
    """One way to make the crops of a task."""

    name: str
    script: str
    tasks: tuple[str, ...]
    arguments: tuple[str, ...] = ()


IN_MEMORY = ("A1", "A2", "A3", "A3-reject")
CONTESTANTS = [
    Contestant("seg-data, 1 thread", "seg_data", IN_MEMORY),
    Contestant("seg-data, 2 threads", "seg_data", IN_MEMORY, ("--threads", "2")),
    Contestant("MONAI", "monai", IN_MEMORY),
    Contestant("MONAI, 2 threads", "monai", ("A1",), ("--threads", "2")),
    Contestant("MONAI, metadata on", "monai", ("A1",), ("--variant", "metadata")),
    Contestant("TorchIO", "torchio", IN_MEMORY),
    Contestant("batchgenerators", "batchgenerators", IN_MEMORY),
    Contestant("batchgenerators, 2 threads", "batchgenerators", ("A1", "A2"), ("--threads", "2")),
    Contestant("gunpowder", "gunpowder", ("A1", "A2", "A3", "A3-reject")),
    *(
        Contestant(f"seg-data, {kind}", "seg_data", ("A4",), ("--variant", kind))
        for kind in ("npy", "hdf5", "zarr", "tiff")
    ),
    Contestant("gunpowder, zarr", "gunpowder", ("A4",)),
]


def run(contestant: Contestant, task: str, data: Path, peers: str, seconds: float) -> dict[str, float]:
    """Measure once; a contestant that does not come to an end has no figures."""
    python = sys.executable if contestant.script == "seg_data" else peers
    command = [python, "-W", "ignore", str(HERE / f"{contestant.script}_crops.py"), task, str(data)]
    command += ["--seconds", str(seconds), *contestant.arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"{contestant.name}, {task}: {error}\n{(error.stderr or '')[-800:]}", file=sys.stderr)
        return {}
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure all tasks, round by round."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--tasks", nargs="*", default=[*IN_MEMORY, "A4"])
    parser.add_argument("--only", nargs="*", default=[], help="contestants by name; all when not given")
    options = parser.parse_args()
    rows = []
    for task in options.tasks:
        entered = [one for one in CONTESTANTS if task in one.tasks and one.name in (options.only or [one.name])]
        found: dict[str, list[dict[str, float]]] = {contestant.name: [] for contestant in entered}
        for _ in range(options.rounds):
            for contestant in entered:
                result = run(contestant, task, options.data, options.peers, options.seconds)
                found[contestant.name] += [result] if result else []
        others = [
            statistics.median(result["crops_per_second"] for result in results)
            for name, results in found.items()
            if results and not name.startswith("seg-data")
        ]
        for name, results in found.items():
            if not results:
                continue
            medians = {key: statistics.median(result[key] for result in results) for key in results[0]}
            ratio = medians["crops_per_second"] / max(others) if others else float("nan")
            row = {"task": task, "contestant": name, **medians, "ratio_to_best_peer": ratio, "rounds": len(results)}
            rows.append(row)
            print(
                f"{task:10} {name:28} {medians['crops_per_second']:10.1f}/s  {ratio:6.2f} of the best peer  "
                f"{medians['crops_per_processor_second']:10.1f} per second of processor time",
                flush=True,
            )
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with options.out.with_suffix(".csv").open("w", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows(rows)


if __name__ == "__main__":
    main()
