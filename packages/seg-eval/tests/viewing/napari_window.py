"""`seg-eval view` in napari: run by `nox -s tests_napari`, where it is installed, and in a real window where there is a display."""

import os
from contextlib import ExitStack

import numpy as np
import pytest
from click.testing import CliRunner
from napari import components

from seg_common.schema.volume import ArraySource, ClassInfo, LabelSource, VolumeDocument
from seg_common.yaml_documents import write_document
from seg_eval.cli import main
from seg_eval.score import score_labels
from seg_eval.viewing.opened_evaluation import open_evaluation
from seg_eval.viewing.window import fill


@pytest.fixture
def evaluation(tmp_path):
    """A sphere of pore that was predicted one voxel too far to the right, voxels of 2, 1 and 1 µm."""
    z, y, x = np.indices((10, 20, 30))
    labels = ((z - 5) ** 2 * 4 + (y - 10) ** 2 + (x - 14) ** 2 < 40).astype(np.uint8)
    np.save(tmp_path / "image.npy", (200 - 120 * labels).astype(np.uint8))
    np.save(tmp_path / "labels.npy", labels)
    np.save(tmp_path / "answer.npy", np.roll(labels, 1, axis=2))
    document = VolumeDocument(
        name="sphere",
        image=ArraySource(path="image.npy"),
        labels={"exact": LabelSource(path="labels.npy")},
        shape=labels.shape,
        dtype="uint8",
        classes=[ClassInfo(name="solid", color="#4c566a"), ClassInfo(name="pore", color="#56b4e9")],
        voxel_size=(2.0, 1.0, 1.0),
        voxel_size_unit="um",
    )
    write_document(tmp_path / "volume.yaml", document)
    out = tmp_path / "out"
    score_labels(tmp_path / "labels.npy", tmp_path / "answer.npy", volume=tmp_path / "volume.yaml", output=out)
    return out


def test_the_viewer_shows_every_layer_where_it_lies(evaluation):
    """Layers, scales and colours reach napari; the slice is that with the most errors; errors are where they should be."""
    with ExitStack() as opened:
        viewer = components.ViewerModel()
        fill(viewer, open_evaluation(evaluation, opened))
        names = [layer.name for layer in viewer.layers]
        assert names == ["volume", "reference", "prediction", "error", "largest errors"]
        assert all(tuple(layer.scale) == (2.0, 1.0, 1.0) for layer in viewer.layers)
        error = viewer.layers["error"]
        np.testing.assert_allclose(error.get_color(2)[:3], [0x56 / 255, 0xB4 / 255, 0xE9 / 255], atol=0.01)
        assert error.get_color(0) is None or error.get_color(0)[3] == 0
        shown = np.asarray(error.data[viewer.dims.current_step[0]])
        assert {1, 2} <= set(np.unique(shown).tolist())
        assert viewer.layers["largest errors"].data.shape[1] == 3
        assert viewer.title == "seg-eval view: out, lengths in um"
        for z in range(10):
            viewer.dims.set_point(0, 2.0 * z)


@pytest.mark.skipif(os.environ.get("QT_QPA_PLATFORM") == "offscreen", reason="needs a display with OpenGL")
def test_the_command_opens_a_window_with_these_pixels(evaluation, tmp_path):
    """On the screen a voxel is white or black, as its grey level, under half the predicted class; or the colour of a wrong answer."""
    from napari import current_viewer
    from napari.qt import get_qapp
    from qtpy.QtCore import QTimer

    seen = {}

    def look():
        viewer = current_viewer()
        if viewer is None:
            return
        timer.stop()
        try:
            seen["canvas"] = viewer.screenshot(flash=False)
            viewer.screenshot(str(tmp_path / "window.png"), canvas_only=False, flash=False)
            seen["centre"], seen["zoom"] = viewer.camera.center[1:], viewer.camera.zoom
            seen["slice"] = viewer.dims.current_step[0]
            markers = viewer.layers["largest errors"]
            seen["markers"] = len(markers._view_data)
            viewer.dims.set_point(0, 2.0 * 4)
            seen["markers beside it"] = len(markers._view_data)
        finally:
            viewer.close()  # or the command would wait for ever

    get_qapp()
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(500)
    result = CliRunner().invoke(main, ["view", str(evaluation)])
    assert result.exit_code == 0, result.output

    def pixel(y, x):
        rows, columns = (n / 2 + (p - c) * seen["zoom"] for n, p, c in zip(size, (y, x), seen["centre"], strict=True))
        return seen["canvas"][round(rows), round(columns), :3].tolist()

    size = seen["canvas"].shape[:2]
    solid, pore = np.array([0x4C, 0x56, 0x6A]), np.array([0x56, 0xB4, 0xE9])
    # Along row 10 of slice 5 the pore reaches from x = 8 to 20, and was predicted from 9 to 21.
    assert seen["slice"] == 5
    np.testing.assert_allclose(pixel(3, 25), (255 + solid) / 2, atol=2)
    np.testing.assert_allclose(pixel(12, 14), (0 + pore) / 2, atol=2)
    np.testing.assert_allclose(pixel(9, 21), pore, atol=2)
    np.testing.assert_allclose(pixel(9, 8), solid, atol=2)
    assert seen["markers"] > 0
    assert seen["markers beside it"] > 0, "large errors are marked in the slices beside their centre as well"
    assert (tmp_path / "window.png").stat().st_size > 10_000
