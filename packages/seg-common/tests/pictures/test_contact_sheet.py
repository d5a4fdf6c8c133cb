"""Layout: nothing is clipped, nothing overlaps, lengths are right."""

import io

import numpy as np
import pytest
from PIL import Image

from seg_common.errors import OutputExistsError
from seg_common.pictures.contact_sheet import (
    COLUMN_GAP,
    GAP,
    LINE,
    Panel,
    contact_sheet,
    png_bytes,
    round_length,
    with_scale_bar,
    write_png,
)
from seg_common.pictures.lettering import font, text_width

RED = np.zeros((8, 8, 3), np.uint8) + np.array([255, 0, 0], np.uint8)


def red(sheet):
    """Rows and columns of a sheet that hold pure red."""
    here = (np.asarray(sheet) == [255, 0, 0]).all(axis=-1)
    return np.flatnonzero(here.any(axis=1)), np.flatnonzero(here.any(axis=0))


def test_small_pictures_are_enlarged_by_whole_numbers():
    """Voxels stay squares of one size: 8 pixels become 48 for a side of 50."""
    rows, columns = red(contact_sheet([Panel(RED, "")], columns=1, panel_side=50))
    assert (rows.size, columns.size) == (48, 48)


def test_large_pictures_are_reduced():
    """To the side asked for, in their own proportions."""
    rows, columns = red(contact_sheet([Panel(RED.repeat(30, 0).repeat(10, 1), "")], columns=1, panel_side=60))
    assert rows.size == 60
    assert columns.size == 20


def test_panels_stand_in_rows_of_their_own_height():
    """Three panels in two columns: the third begins a row below the highest of the first."""
    panels = [Panel(RED, "a\nb"), Panel(RED[:4], "a"), Panel(RED, "a")]
    sheet = contact_sheet(panels, columns=2, panel_side=16)
    rows, columns = red(sheet)
    assert rows.tolist() == [*range(GAP, GAP + 16), *range(rows[16], rows[16] + 16)]
    assert rows[16] - GAP == 16 + 4 + 2 * LINE + GAP
    assert columns.tolist() == [*range(GAP, GAP + 16), *range(columns[16], columns[16] + 16)]
    assert columns[16] - GAP == 16 + COLUMN_GAP
    assert sheet.height == rows[-1] + 1 + 4 + LINE + GAP


@pytest.mark.parametrize("part", ["title", "legend", "caption"])
def test_text_makes_the_sheet_as_wide_as_it_needs(part):
    """No title, legend or caption is clipped at the right border or runs into its neighbour."""
    long = "a very long text that says what the crops are"
    options = {"title": {"title": long}, "legend": {"legend": [(long, "#00ff00")] * 2}, "caption": {}}[part]
    panels = [Panel(RED, long if part == "caption" else "")] * 2
    sheet = contact_sheet(panels, columns=2, panel_side=8, **options)
    assert sheet.width >= text_width(long, 13) * (1 if part == "title" else 2)
    assert (np.asarray(sheet)[:, -4:] == 255).all()


def test_a_frame_surrounds_its_picture():
    """In its colour, and without hiding a voxel."""
    sheet = np.asarray(contact_sheet([Panel(RED, "", frame="#00ff00")], columns=1, panel_side=8))
    assert (sheet[GAP - 3 : GAP, GAP - 3 : GAP + 11] == [0, 255, 0]).all()
    assert red(sheet)[0].size == 8


def test_the_legend_shows_its_colours():
    """One square each."""
    legend = [("one", "#00ff00"), ("two", "#0000ff")]
    sheet = np.asarray(contact_sheet([Panel(RED, "")], columns=1, legend=legend))
    for color in ([0, 255, 0], [0, 0, 255]):
        assert (sheet == color).all(axis=-1).sum() == 12 * 12


@pytest.mark.parametrize("letter", "µμäß—…²·é")
def test_the_font_has_the_letters_of_science(letter):
    """A letter that it lacks would be drawn as an empty box."""
    assert bytes(font(13).getmask(letter)) != bytes(font(13).getmask("\uffff"))


@pytest.mark.parametrize(
    ("length", "rounded"), [(1, 1), (1.99, 1), (2, 2), (4.9, 2), (5, 5), (99, 50), (0.03, 0.02), (1000, 1000)]
)
def test_lengths_are_round(length, rounded):
    """1, 2 or 5 and zeros."""
    assert round_length(length) == pytest.approx(rounded)


@pytest.mark.parametrize(("voxel_size", "unit", "voxels"), [(0.5, "um", 20), (None, None, 20), (3.0, "um", 50 / 3)])
def test_the_bar_is_as_long_as_it_says(voxel_size, unit, voxels):
    """10 µm are 20 voxels of 0.5 µm, 50 µm are 16.7 voxels of 3 µm; without a size the bar counts voxels."""
    picture = np.full((100, 100, 3), 77, np.uint8)
    marked = with_scale_bar(picture, voxel_size, unit, minimum_side=200)
    assert marked.shape == (200, 200, 3)
    bar_row = marked[200 - 6 - 8]
    assert (bar_row == 255).all(axis=-1).sum() == round(voxels * 2)
    assert (picture == 77).all()
    assert (marked[:150] == 77).all()


def test_a_small_picture_grows_until_the_label_fits():
    """Neither the bar nor the text is clipped."""
    marked = with_scale_bar(np.full((10, 12, 3), 77, np.uint8), 1.25, "um")
    assert (marked[:, :6] == 77).all()
    assert (marked[:6] == 77).all()


def test_a_large_picture_keeps_its_size():
    """Every voxel stays one pixel."""
    assert with_scale_bar(np.zeros((300, 200, 3), np.uint8), 1, "mm").shape == (300, 200, 3)


@pytest.mark.parametrize(
    ("voxel_size", "unit", "text"),
    [
        (1.0, "um", "20 µm"),
        (2000.0, "nm", "50 µm"),
        (100.0, "um", "2 mm"),
        (50.0, "um", "1 mm"),
        (1.0, "px", "20 px"),
        (1e5, "m", "2e+06 m"),
    ],
)
def test_the_label_has_a_readable_unit(monkeypatch, voxel_size, unit, text):
    """Metric units change at a thousand; others stay as they are."""
    from seg_common.pictures import contact_sheet as module

    measured = []
    monkeypatch.setattr(module, "text_width", lambda text, size: measured.append(text) or 10)
    with_scale_bar(np.zeros((100, 100, 3), np.uint8), voxel_size, unit)
    assert set(measured) == {text}


def test_equal_pictures_give_equal_files(tmp_path):
    """A picture regenerated by a later run changes nothing in a repository."""
    assert png_bytes(RED) == png_bytes(Image.fromarray(RED))
    write_png(tmp_path / "a.png", RED)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO((tmp_path / "a.png").read_bytes()))), RED)
    with pytest.raises(OutputExistsError):
        write_png(tmp_path / "a.png", RED)
    write_png(tmp_path / "a.png", RED[:2], overwrite=True)
