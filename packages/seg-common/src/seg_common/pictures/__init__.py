"""Pictures of slices: grey levels, overlays, scale bars and contact sheets; needs the extra ``pictures``."""

from __future__ import annotations

from importlib.util import find_spec

from seg_common.errors import MissingDependencyError

for _module in ("PIL", "matplotlib"):
    if find_spec(_module) is None:
        _msg = f"pictures need the package {_module}; install the extra: pip install 'seg-common[pictures]'."
        raise MissingDependencyError(_msg)
