import pytest

from seg_common.errors import LabelVolumeError
from seg_eval.scoring.named_classes import named_classes


def test_a_name_may_hold_what_looks_like_a_separator():
    classes = named_classes(["a=b", "pore=#56B4E9", "<script>"])
    assert [info.name for info in classes] == ["a=b", "pore", "<script>"]
    assert classes[1].color == "#56B4E9"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["=#ffffff"], "NAME or NAME=#rrggbb"),
        (["a", "a=#ffffff"], "must be unique"),
        ([f"class {n}" for n in range(256)], "got 256"),
    ],
)
def test_names_that_name_nothing_are_refused(names, message):
    with pytest.raises(LabelVolumeError, match=message):
        named_classes(names)
