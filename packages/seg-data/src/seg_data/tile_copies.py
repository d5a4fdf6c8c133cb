"""Copies of consecutive voxels for compiled loops: as they are, backwards, or a tile with rows and columns exchanged.

Written as instructions for whole vectors, which the compiler does not find by itself: a loop that exchanges rows and columns voxel
by voxel takes about ten times as long. Nothing is checked; arrays must be contiguous and hold unsigned integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

TILE = 16
"""Voxels along each side of a tile."""
BACKWARDS = tuple(reversed(range(TILE)))
FIRST_HALVES = tuple(i // 2 + TILE * (i % 2) for i in range(TILE))
SECOND_HALVES = tuple(i + TILE // 2 for i in FIRST_HALVES)


def _row(_: Any, target: Any, to: Any, source: Any, start: Any, count: Any) -> Any:  # noqa: ARG001 - seen by their types only
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        into, from_ = (context.make_array(signature.args[i])(context, builder, values[i]) for i in (0, 2))
        to, start = builder.gep(into.data, [values[1]]), builder.gep(from_.data, [values[3]])
        copy_memory: Any = cgutils.raw_memcpy
        copy_memory(builder, to, start, values[4], into.itemsize)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp), generate


copy_row: Any = intrinsic(_row)
"""Copy a row: ``target[to + i] = source[start + i]`` for i below count."""


def _backwards(_: Any, target: Any, to: Any, source: Any, start: Any) -> Any:  # noqa: ARG001 - seen by their types only
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        load, store = _vector_moves(context, builder, signature, values, 2)
        store(values[1], _shuffled(builder, load(values[3]), BACKWARDS))
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate


copy_backwards: Any = intrinsic(_backwards)
"""Copy sixteen voxels in reverse: ``target[to + i] = source[start + 15 - i]``."""


def _exchanged(_: Any, target: Any, to: Any, to_step: Any, source: Any, start: Any, step: Any) -> Any:  # noqa: ARG001 - seen by their types only
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        load, store = _vector_moves(context, builder, signature, values, 3)
        rows = [load(_stepped(builder, values[4], values[5], j)) for j in range(TILE)]
        # Each round lays every row beside the one half a tile below it; after four, voxel j of row i is voxel i of row j.
        for _ in range(TILE.bit_length() - 1):
            pairs = zip(rows[: TILE // 2], rows[TILE // 2 :], strict=True)
            rows = [_shuffled(builder, a, half, b) for a, b in pairs for half in (FIRST_HALVES, SECOND_HALVES)]
        for i, row in enumerate(rows):
            store(_stepped(builder, values[1], values[2], i), row)
        return context.get_dummy_value()

    return types.void(target, types.intp, types.intp, source, types.intp, types.intp), generate


copy_exchanged: Any = intrinsic(_exchanged)
"""Exchange rows and columns of a tile: ``target[to + i * to_step + j] = source[start + j * step + i]``, i and j below 16."""


def _vector_moves(
    context: Any, builder: Any, signature: Any, values: Any, source: int
) -> tuple[Callable[[Any], Any], Callable[[Any, Any], None]]:
    """Make the instructions that load sixteen voxels of the argument `source` and store them to the first one."""
    into, from_ = (context.make_array(signature.args[i])(context, builder, values[i]) for i in (0, source))
    voxel = context.get_data_type(signature.args[0].dtype)
    vector, alignment = ir.VectorType(voxel, TILE), context.get_abi_alignment(voxel)

    def place(array: Any, index: Any) -> Any:
        return builder.bitcast(builder.gep(array.data, [index]), vector.as_pointer())

    def load(index: Any) -> Any:
        return builder.load(place(from_, index), align=alignment)

    def store(index: Any, loaded: Any) -> None:
        builder.store(loaded, place(into, index), align=alignment)

    return load, store


def _shuffled(builder: Any, first: Any, order: tuple[int, ...], second: Any = None) -> Any:
    """Pick the voxels of one vector, or of two laid end to end."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), TILE), list(order))
    return builder.shuffle_vector(first, first if second is None else second, mask)


def _stepped(builder: Any, first: Any, step: Any, count: int) -> Any:
    return builder.add(first, builder.mul(step, ir.Constant(step.type, count)))
