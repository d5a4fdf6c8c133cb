"""Tests that a stream of crops does not depend on how it is asked for."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seg_common.schema.crops import CropsConfig
from seg_data import make_sampler

UNIFORM = {"kind": "uniform"}
FEW_PORES = {"kind": "min_class_fraction", "class_name": "pore", "fraction": 0.02, "reject_probability": 0.8}
SLOPE = {"kind": "curve", "class_name": "pore", "points": [(0.0, 0.9), (0.1, 0.1)]}


def sampler_of(volume, seed=0, budget_bytes=2**28, **changes):
    """A sampler of crops of 4 x 8 x 8 voxels, changed as the test needs."""
    config = CropsConfig.model_validate({"shape": (4, 8, 8), **changes})
    return make_sampler(volume, config, seed, budget_bytes=budget_bytes)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_the_stream_is_the_same_in_any_order_and_batch_size(sparse_volume, data):
    """Any way of drawing: pieces of any size, asked for in any order, by a sampler with or without memory."""
    changes = data.draw(
        st.sampled_from(
            [
                {"positions": UNIFORM},
                {"positions": UNIFORM, "rejection": SLOPE},
                {"positions": UNIFORM, "rejection": SLOPE, "draw": "direct"},
                {"positions": {"kind": "weighted", "class_shares": {"pore": 1, "matrix": 1}}, "rejection": SLOPE},
                {"positions": {"kind": "covering", "passes": 2}, "rejection": SLOPE, "on_reject": "keep_uncovered"},
                {"positions": {"kind": "grid", "stride": (3, 4, 5)}, "rejection": FEW_PORES},
                {"shape": (1, 8, 8), "normals": ["z", "y", "x"], "rejection": SLOPE},
            ]
        )
    )
    seed = data.draw(st.integers(0, 5))
    whole = sampler_of(sparse_volume, seed, **changes).crops(0, 90)
    cuts = sorted(data.draw(st.sets(st.integers(1, 89), max_size=5)))
    pieces = list(zip([0, *cuts], [*cuts, 90], strict=True))
    other = sampler_of(sparse_volume, seed, data.draw(st.sampled_from([0, 2**28])), **changes)
    for first, stop in data.draw(st.permutations(pieces)):
        assert other.crops(first, stop - first) == whole[first:stop]
