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


def gpu_names(devices: list[str] | None = None) -> list[str]:
    """Models of GPUs, as the driver calls them.

    Parameters
    ----------
    devices : list of str, optional
        Devices such as ``/device:GPU:0``; CPUs among them have no model here. All GPUs of this machine when None.

    Returns
    -------
    list of str
        For example ``NVIDIA A100-SXM4-40GB`` for each GPU; empty without one.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if devices is not None:
        places = [name.rpartition("GPU:")[2] for name in devices if "GPU:" in name]
        gpus = [gpus[int(place)] for place in places if int(place) < len(gpus)]
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return [str(found.get("device_name", "unknown GPU")) for found in details]
