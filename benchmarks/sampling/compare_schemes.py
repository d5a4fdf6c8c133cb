"""What positions and rejection change: the same number of crops, drawn in several ways from one volume.

    python compare_schemes.py VOLUME RARE_CLASS OUT --shape 1 128 128 --regions 4

writes OUT.csv and OUT.png. As many crops are drawn as hold the region's voxels `--regions` times.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from seg_common import open_volume
from seg_common.schema.crops import CropsConfig
from seg_data import make_sampler
from seg_data.coverage import visits_in

if TYPE_CHECKING:
    from seg_common.geometry.box import Box
    from seg_common.volume.opened_volume import Volume


def schemes(rare: str, least: float, other: list[str]) -> dict[str, dict[str, Any]]:
    """Ways to draw, from the plainest to the most careful."""
    few = {"kind": "min_class_fraction", "class_name": rare, "fraction": least, "reject_probability": 0.9}
    ramp = {"kind": "curve", "class_name": rare, "points": [(0.0, 0.9), (2 * least, 0.0)]}
    third = {rare: 1 / 3} | dict.fromkeys(other, 2 / 3 / len(other))
    return {
        "uniform": {"positions": {"kind": "uniform"}},
        "covering": {"positions": {"kind": "covering"}},
        "uniform, few rejected": {"positions": {"kind": "uniform"}, "rejection": few},
        "weighted, 1/3 rare": {"positions": {"kind": "weighted", "class_shares": third}},
        "covering, few rejected": {"positions": {"kind": "covering"}, "rejection": few},
        "covering, ramp": {"positions": {"kind": "covering"}, "rejection": ramp},
        "covering x 4, few rejected, uncovered kept": {
            "positions": {"kind": "covering", "passes": 4},
            "rejection": few,
            "on_reject": "keep_uncovered",
        },
    }


def measure(volume: Volume, config: CropsConfig, rare: int, regions: int) -> dict[str, float]:
    """Draw crops and count what is in them, and what is in none."""
    (source,) = (sampler := make_sampler(volume, config, seed=0)).sources
    count = -(-regions * source.region.voxels // int(np.prod(source.shape)))
    rows = sampler.rows(0, count)
    shares = source.content.class_counts(rows.starts)[:, rare] / np.prod(source.shape)
    assert source.labels is not None
    visits = visits_in(source.region, rows.starts, source.shape)
    is_rare = source.labels.read(source.region) == rare
    return {
        "crops": count,
        "acceptance": count / float(rows.attempts.sum()),
        "rare share": float(shares.mean()),
        "crops without rare": float(np.mean(shares == 0)),
        "voxels never seen": float(np.mean(visits == 0)),
        "rare voxels never seen": float(np.mean(visits[is_rare] == 0)),
        "fewest visits": int(visits.min()),
        "visits std / mean": float(visits.std() / visits.mean()),
    }


def draw(rows: list[dict[str, Any]], region_share: float, rare: str, path: Path) -> None:
    """Bars of what a user wants (rare class in crops) beside what they fear (voxels never seen)."""
    names = [row["scheme"] for row in rows]
    places = np.arange(len(names))[::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), sharey=True, layout="constrained")
    left.barh(places, [100 * row["rare share"] for row in rows], color="#0072b2")
    left.axvline(100 * region_share, color="#d55e00")
    left.set_title(f"the line is their share of the region, {100 * region_share:.2f} %", fontsize=9, color="#d55e00")
    left.set(xlabel=f"{rare} in the crops / % of the voxels", yticks=places, yticklabels=names)
    for offset, key, color in ((0.2, "voxels never seen", "#999999"), (-0.2, "rare voxels never seen", "#56b4e9")):
        right.barh(
            places + offset, [100 * row[key] for row in rows], height=0.38, color=color, label=key.replace("rare", rare)
        )
    right.set(xlabel="never inside a crop / %")
    right.legend(frameon=False, loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.13), fontsize=9)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Read the command line, measure each scheme, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("volume", type=Path)
    parser.add_argument("rare_class")
    parser.add_argument("out", type=Path)
    parser.add_argument("--shape", type=int, nargs=3, default=(1, 128, 128))
    parser.add_argument("--regions", type=int, default=4)
    options = parser.parse_args()
    with open_volume(options.volume) as volume:
        names = volume.document.class_names
        rare = names.index(options.rare_class)
        region: Box = volume.partition("train")
        share = float(np.mean(volume.require_labels().read(region) == rare))
        rows = []
        for name, scheme in schemes(options.rare_class, share, [n for n in names if n != options.rare_class]).items():
            config = CropsConfig.model_validate({"shape": options.shape, **scheme})
            rows.append({"scheme": name, **measure(volume, config, rare, options.regions)})
            print(rows[-1])
    with options.out.with_suffix(".csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    draw(rows, share, options.rare_class, options.out.with_suffix(".png"))


if __name__ == "__main__":
    main()
