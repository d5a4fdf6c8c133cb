"""Pictures need the extra, and say so."""

import importlib
import importlib.util

import pytest

import seg_common.pictures
from seg_common.errors import MissingDependencyError


@pytest.mark.parametrize("missing", ["PIL", "jinja2", "matplotlib"])
def test_a_missing_package_is_named_with_the_extra(monkeypatch, missing):
    """Rather than an ImportError from somewhere inside."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name, *rest))
    with pytest.raises(MissingDependencyError, match=rf"the package {missing}; .*seg-common\[pictures\]"):
        importlib.reload(seg_common.pictures)
    monkeypatch.undo()
    importlib.reload(seg_common.pictures)
