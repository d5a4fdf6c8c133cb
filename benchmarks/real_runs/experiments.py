"""The runs of docs/results.md: same crops per run, three seeds, one thing changed at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

EPOCHS, STEPS, BATCH = 6, 50, 8
"""2 400 crops in every run."""


@dataclass(frozen=True)
class Experiment:
    """What differs from the base of its volume."""

    title: str
    """What pictures and tables call it."""
    volume: str
    """Name of the volume, and folder below the one that is given."""
    model: dict[str, Any]
    """The U-Net."""
    crops: dict[str, Any]
    """How crops are drawn."""
    loss: dict[str, Any] = field(default_factory=lambda: {"kind": "jaccard2"})
    """What is minimised."""

    def config(self, name: str, volume: str, seed: int) -> dict[str, Any]:
        """Write out the configuration of one run."""
        return {
            "kind": "training_config",
            "schema_version": 1,
            "name": f"{name}, seed {seed}",
            "volume": volume,
            "seed": seed,
            "crops": {"partition": "train", **self.crops},
            "model": self.model,
            "loss": self.loss,
            "learning_rate": {"kind": "cosine", "peak": 0.005, "end": 0.00001, "warmup_fraction": 0.05},
            "batch_size": BATCH,
            "epochs": EPOCHS,
            "steps_per_epoch": STEPS,
        }


PLANE, CUBOID = [1, 128, 128], [16, 32, 32]
"""A plane and a cuboid hold the same 16 384 voxels, so that equal crops are equal voxels as well."""
SMALL = {"depth": 3, "base_filters": 4}
COVERING = {"kind": "covering"}
REJECT = {"kind": "min_class_fraction", "class_name": "pore", "fraction": 0.01, "reject_probability": 0.8}
BALANCED = "balanced"
"""Weights that `seg-data weights --class-frequency 0.5` computes: rare classes count more, but not as much as all others."""


def _phantom(title: str, crops: dict[str, Any], loss: dict[str, Any] | None = None) -> Experiment:
    return Experiment(title, "phantom", SMALL, crops, loss or {"kind": "jaccard2"})


EXPERIMENTS = {
    # The sampler, with the flat loss.
    "covering": _phantom("2D, covering, flat loss", {"shape": PLANE, "positions": COVERING}),
    "uniform": _phantom("uniform positions", {"shape": PLANE, "positions": {"kind": "uniform"}}),
    "rejection": _phantom("rejection", {"shape": PLANE, "positions": COVERING, "rejection": REJECT}),
    # The loss, with covering crops.
    "macro": _phantom("macro loss", {"shape": PLANE, "positions": COVERING}, {"kind": "jaccard2", "form": "macro"}),
    "weighted": _phantom("weighted voxels", {"shape": PLANE, "positions": COVERING, "voxel_weights": BALANCED}),
    # The dimensions, with covering crops and the flat loss.
    "slices": _phantom("2.5D, 5 slices", {"shape": PLANE, "slices": 5, "positions": COVERING}),
    "cuboid": _phantom("3D", {"shape": CUBOID, "positions": COVERING}),
    # A real volume.
    "membranes": Experiment(
        "membranes", "isbi", {"depth": 3, "base_filters": 6}, {"shape": PLANE, "positions": COVERING}
    ),
}
