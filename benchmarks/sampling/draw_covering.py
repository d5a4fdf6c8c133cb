"""Draw one covering cycle, and the visits by uniform and by covering crops: the picture of docs/crop-sampling.md.

python draw_covering.py OUT.png
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from seg_common.geometry.box import Box
from seg_data.coverage import visits_in
from seg_data.crop_positions.covering import CoveringStarts
from seg_data.crop_positions.uniform import UniformStarts

REGION, CROP = Box.whole((1, 200, 320)), (1, 64, 64)
figure, axes = plt.subplots(1, 3, figsize=(11, 2.9), layout="constrained")
cycle = CoveringStarts(REGION, CROP, seed=2)
starts = cycle.starts(0, np.arange(cycle.crops_per_cycle))
colors = plt.get_cmap("viridis")(np.linspace(0, 1, len(starts)))
for number, ((_, y, x), color) in enumerate(zip(starts, colors, strict=True)):
    axes[0].add_patch(Rectangle((x, y), 64, 64, facecolor=(*color[:3], 0.25), edgecolor=color, linewidth=1.3))
    axes[0].text(x + 32, y + 32, str(number), ha="center", va="center", fontsize=7)
axes[0].set(title=f"one cycle: {len(starts)} crops", xlim=(-4, 324), ylim=(204, -4))
count = 12 * cycle.crops_per_cycle
uniform = UniformStarts(REGION, CROP).starts(np.random.default_rng(0).random((count, 3)))
covering = np.concatenate([cycle.starts(k, np.arange(cycle.crops_per_cycle)) for k in range(12)])
maps = [visits_in(REGION, s, CROP)[0] for s in (uniform, covering)]
for ax, visits, name in zip(axes[1:], maps, ("uniform", "covering"), strict=True):
    picture = ax.imshow(visits, vmin=0, vmax=max(m.max() for m in maps), cmap="magma")
    ax.set_title(f"visits by {count} {name} crops: {visits.min()} to {visits.max()}")
figure.colorbar(picture, ax=axes[1:], shrink=0.8, label="visits")
for ax in axes:
    ax.set(xticks=[], yticks=[], aspect="equal")
axes[0].add_patch(Rectangle((0, 0), 320, 200, fill=False, edgecolor="black", linewidth=1.5))
figure.savefig(sys.argv[1], dpi=130)
