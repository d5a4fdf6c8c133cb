"""The network of `seg-train` trained with Keras' `fit` for some minutes, scored as the others.

    python keras_fit_training.py DATA --minutes 6 --seed 0 --dimensions 2D

Loss, optimizer and schedule are those of the comparison's `seg-train` run; crops come from anywhere in the region with tf.data, are
mirrored and turned, and the best weights on the validation region are kept. A short `fit` measures the seconds of a step. Validation
and the final prediction do not count. Prints one line of JSON.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from contestant_options import complete, contestant_parser
from scoring import jaccard, read_region, result
from seg_train_training import EPOCHS, PEAK, TRIAL_EPOCHS, TRIAL_STEPS

from seg_common.schema.unet import UNetConfig
from seg_train.architectures.unet import NetworkInput, build_unet
from seg_train.losses.overlap import jaccard2
from seg_train.losses.right_class import cross_entropy
from seg_train.losses.voxel_loss import SumLoss
from seg_train.quiet_tensorflow import import_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Measure a step, train for the budget, predict, score."""
    options = complete(contestant_parser(__doc__).parse_args())
    import_tensorflow(deterministic=False, seed=options.seed)
    import keras
    import tensorflow as tf

    from seg_train.losses.keras_loss import KerasLoss

    image, labels, names = read_region(options.data, "train")
    planar, side = options.dimensions == "2D", options.side
    rank = 2 if planar else 3
    mean, deviation = float(image.mean()), float(image.std())
    network_input = NetworkInput(rank, 1, str(image.dtype), 1 / deviation, -mean / deviation, len(names))
    network = build_unet(UNetConfig(depth=3, base_filters=options.filters, residual=False), network_input)
    loss = KerasLoss(SumLoss(((1.0, jaccard2(len(names), "macro")), (1.0, cross_entropy()))))
    shape = (1 if planar else side, side, side)
    limits = np.array(image.shape) - shape + 1
    volume = tf.constant(np.stack([image, labels.astype(image.dtype)], axis=-1))

    def crop(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        drawn = tf.random.stateless_uniform([3 + rank + 1], [number, options.seed])
        start = tf.cast(drawn[:3] * limits.astype(np.float32), tf.int32)
        cut = tf.slice(volume, [*tf.unstack(start), 0], [*shape, 2])
        cut = cut[0] if planar else cut
        for axis in range(rank):
            cut = tf.cond(
                drawn[3 + axis] < 0.5, lambda cut=cut, axis=axis: tf.reverse(cut, [axis]), lambda cut=cut: cut
            )
        others = [*range(rank - 2), rank - 1, rank - 2, rank]
        cut = tf.cond(drawn[-1] < 0.5, lambda: tf.transpose(cut, others), lambda: cut)
        return cut[..., :1], cut[..., 1]

    batches = tf.data.Dataset.range(10**9).map(crop, num_parallel_calls=1).batch(options.batch).prefetch(2)

    def predict(region: str) -> np.ndarray:
        voxels = read_region(options.data, region)[0][..., np.newaxis]
        parts = np.split(voxels, len(voxels)) if planar else [voxels[np.newaxis]]
        found = [network.predict_on_batch(part).argmax(-1).astype(np.uint8) for part in parts]
        return np.concatenate(found) if planar else found[0][0]

    best: dict[str, Any] = {"score": -1.0}

    def validate() -> None:
        score = float(np.mean(jaccard(read_region(options.data, "validation")[1], predict("validation"), len(names))))
        if score > best["score"]:
            best.update(score=score, weights=network.get_weights())

    class Watch(keras.callbacks.Callback):
        """Time the training of each epoch, and do something after it."""

        def __init__(self, after_epoch: Callable[[], None]) -> None:
            super().__init__()
            self.seconds: list[float] = []
            self.after_epoch = after_epoch

        def on_epoch_begin(self, _epoch: int, _logs: object = None) -> None:
            self.started = time.perf_counter()

        def on_epoch_end(self, _epoch: int, _logs: object = None) -> None:
            self.seconds.append(time.perf_counter() - self.started)
            self.after_epoch()

    def fit(steps: int, epochs: int, rate: object, after_epoch: Callable[[], None] = lambda: None) -> list[float]:
        optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-4, global_clipnorm=1.0)
        network.compile(optimizer, loss, jit_compile=False)
        watch = Watch(after_epoch)
        network.fit(batches, steps_per_epoch=steps, epochs=epochs, verbose=0, shuffle=False, callbacks=[watch])
        return watch.seconds

    first = network.get_weights()
    trial = fit(TRIAL_STEPS, TRIAL_EPOCHS, 0.0)
    network.set_weights(first)
    # The first epoch compiles; so does that of the real training.
    compiling, per_step = trial[0] - min(trial[1:]), min(trial[1:]) / TRIAL_STEPS
    steps = max(EPOCHS, int((options.minutes * 60 - compiling) / per_step)) // EPOCHS
    warmup = max(1, round(0.05 * steps * EPOCHS))
    cosine = keras.optimizers.schedules.CosineDecay(
        0.0, steps * EPOCHS - warmup, alpha=0.002, warmup_target=PEAK, warmup_steps=warmup
    )
    seconds = sum(fit(steps, EPOCHS, cosine, validate))
    network.set_weights(best["weights"])
    row = result(
        "Keras fit",
        options,
        predict("test"),
        network="seg-train",
        peak=PEAK,
        minutes=seconds / 60,
        parameters=sum(int(np.prod(weight.shape)) for weight in network.trainable_weights),
        steps=steps * EPOCHS,
        validation_mean_jaccard=best["score"],
    )
    print(json.dumps(row))


if __name__ == "__main__":
    main()
