"""Find devices by the names that users give, such as ``GPU:0``."""

from __future__ import annotations

from seg_train.errors import TrainingError


def named_devices(names: list[str]) -> list[str]:
    """Check that devices exist.

    Parameters
    ----------
    names : list of str
        Names such as ``GPU:0``; none means all GPUs, or the CPU where there is no GPU.

    Returns
    -------
    list of str
        Names of existing devices, at least one.

    Raises
    ------
    TrainingError
        If a name is not among the machine's devices.
    """
    import tensorflow as tf

    known = [device.name.removeprefix("/device:") for device in tf.config.list_logical_devices()]
    gpus = [name for name in known if name.startswith("GPU")]
    wanted = [name.removeprefix("/device:").upper() for name in names] or gpus or ["CPU:0"]
    missing = [name for name in wanted if name not in known]
    if missing:
        msg = f"strategy.devices must exist; got {', '.join(missing)}, this machine has {', '.join(known)}."
        raise TrainingError(msg)
    return wanted
