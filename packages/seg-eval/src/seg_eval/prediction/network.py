"""What prediction asks of a network: anything that turns tiles into probabilities will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Network(Protocol):
    """A classifier of tiles; `seg_eval.prediction.model_runner.KerasNetwork` is the one that training makes."""

    def predict(self, tiles: NDArray[Any]) -> NDArray[np.float32]:
        """Classify every voxel of some tiles, each tile independently of the others.

        Parameters
        ----------
        tiles : ndarray, shape (tile, z, y, x, channel)
            Grey levels in the dtype of the volume. 2D and 2.5D networks get z = 1; the channels of a 2.5D network are
            neighbouring slices, the classified one in the middle.

        Returns
        -------
        ndarray of float32, shape (tile, z, y, x, class)
            Probabilities, which sum to 1 over the classes.
        """
