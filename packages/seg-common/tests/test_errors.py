"""The family of errors."""

import pytest

from seg_common import errors


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("DocumentError", ValueError),
        ("VolumeError", ValueError),
        ("LabelVolumeError", ValueError),
        ("CropError", ValueError),
        ("ModelFolderError", FileNotFoundError),
        ("OutputExistsError", FileExistsError),
        ("MissingDependencyError", ImportError),
    ],
)
def test_every_error_is_a_seg_error_and_what_a_caller_expects(name, builtin):
    """A program catches all of them at once, or one as the builtin that it is."""
    error = getattr(errors, name)
    assert issubclass(error, errors.SegError)
    assert issubclass(error, builtin)
    assert str(error("rule; value; remedy")) == "rule; value; remedy"


def test_there_are_no_other_errors():
    """A new one is added to the list above on purpose."""
    found = {name for name, item in vars(errors).items() if isinstance(item, type)}
    assert len(found) == 8
