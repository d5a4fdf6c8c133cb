"""What `import seg_train` promises."""

import seg_train


def test_every_public_name_is_importable() -> None:
    """The stub and the modules agree."""
    assert len(seg_train.__all__) > 5
    for name in seg_train.__all__:
        assert getattr(seg_train, name) is not None
