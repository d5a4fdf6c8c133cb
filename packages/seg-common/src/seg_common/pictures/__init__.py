"""Pictures of slices: grey levels, overlays, scale bars and contact sheets, and pages of them; needs the extra ``pictures``."""

from __future__ import annotations

from importlib.util import find_spec

from seg_common.errors import MissingDependencyError

for _module in ("PIL", "jinja2", "matplotlib"):
    if find_spec(_module) is None:
        _msg = f"pictures need the package {_module}; install the extra: pip install 'seg-common[pictures]'."
        raise MissingDependencyError(_msg)
