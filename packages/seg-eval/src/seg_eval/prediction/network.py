"""What prediction asks of a network: anything that turns tiles into probabilities will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from seg_common.errors import SegError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            neighbouring slices, the classified one in the middle. Slices across y have the axes (y, z, x), those across x
            (x, z, y).

        Returns
        -------
        ndarray of float32, shape (tile, z, y, x, class)
            Probabilities, which sum to 1 over the classes.
        """


def as_networks(given: Network | Sequence[Network] | None, models: int) -> list[Network]:
    """List the networks that stand for the weights of some models.

    Parameters
    ----------
    given : Network or sequence of Network, optional
        One for each model.
    models : int
        How many there must be.

    Returns
    -------
    list of Network
        Empty when none is given.

    Raises
    ------
    SegError
        If there are not as many networks as models.
    """
    if given is None:
        return []
    networks = [given] if hasattr(given, "predict") else list(given)
    if len(networks) != models:
        msg = (
            f"there must be one network for each model; got {len(networks)} for {models}. Give them in the same order."
        )
        raise SegError(msg)
    return networks
