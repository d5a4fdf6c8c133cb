"""Histories as charts: what is drawn where, read back from the figure."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from seg_common.errors import ModelFolderError, OutputExistsError
from seg_common.model_paths import ModelPaths
from seg_train.cli import main
from seg_train.errors import TrainingError
from seg_train.history_plot import RunHistory, draw_histories, plot_histories, read_run_history


def history(name: str, validation_losses: list[float]) -> RunHistory:
    """A run of 10 batches of 4 crops an epoch, 90 seconds long each; its scores are 1 - loss."""
    rows = [
        {
            "epoch": epoch,
            "step": 10 * epoch,
            "crops": 40 * epoch,
            "voxels": 400 * epoch,
            "learning_rate": 0.1**epoch,
            "loss": loss / 2,
            "mean_jaccard": None if epoch == 1 else 1 - loss / 2,
            "validation_loss": loss,
            "validation_mean_jaccard": 1 - loss,
            "seconds": 90.0 * epoch,
        }
        for epoch, loss in enumerate(validation_losses, start=1)
    ]
    return RunHistory(name, rows)


@pytest.mark.parametrize(
    ("x", "third", "label"),
    [
        ("epoch", 3, "epoch"),
        ("batch", 30, "batches"),
        ("crop", 120, "crops"),
        ("voxel", 1200, "voxels"),
        ("time", 4.5, "minutes of training and validation"),
    ],
)
def test_every_horizontal_axis_has_its_values(x: str, third: float, label: str) -> None:
    """The third epoch lies where its epoch, batch, crop, voxel or minute is; the axis says which."""
    figure = draw_histories([history("a", [0.5, 0.3, 0.4])], x=x, metrics=["loss"])  # type: ignore[arg-type]
    loss, rate = figure.axes
    training, validation, best = loss.lines
    assert training.get_linestyle() == "--"
    assert validation.get_xdata()[2] == training.get_xdata()[2] == pytest.approx(third)
    assert list(validation.get_ydata()) == [0.5, 0.3, 0.4]
    assert list(training.get_ydata()) == [0.25, 0.15, 0.2]
    assert list(best.get_ydata()) == [0.3], "the least validation loss is marked"
    assert list(rate.lines[0].get_ydata()) == pytest.approx([0.1, 0.01, 0.001])
    assert rate.get_yscale() == "log"
    assert rate.get_xlabel() == label


def test_a_score_is_best_where_it_is_greatest_and_gaps_stay_gaps() -> None:
    """The first of equal scores is marked; an undefined value is left out, not drawn as 0."""
    figure = draw_histories([history("a", [0.5, 0.25, 0.25])], x="epoch", metrics=["mean_jaccard"])
    training, validation, best = figure.axes[0].lines
    assert list(training.get_xdata()) == [2, 3]
    assert (list(best.get_xdata()), list(best.get_ydata())) == ([2], [0.75])
    assert list(validation.get_xdata()) == [1, 2, 3]


def test_several_runs_have_colours_and_names() -> None:
    """Each run keeps one colour in all panels; dollar signs of a name are no formula."""
    figure = draw_histories([history("a", [0.5, 0.3]), history("$b$", [0.4])], x="epoch", metrics=["loss"])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names[:2] == ["a", r"\$b\$"]
    colors = [line.get_color() for line in figure.axes[0].lines]
    assert colors[:3] == colors[:1] * 3
    assert colors[3:] == colors[3:4] * 3
    assert colors[0] != colors[3]


def test_time_adds_training_and_validation_of_each_epoch(trained: Path, tmp_path: Path) -> None:
    """The time of an epoch's end is the sum of timing.csv so far."""
    model = Path(shutil.copytree(trained, tmp_path / "model"))
    paths = ModelPaths(root=model)
    with paths.timing.open(newline="") as file:
        timing = list(csv.DictReader(file))
    for row, (training, validation) in zip(timing, [(2.0, 0.5), (3.0, 0.25)], strict=True):
        row["training_seconds"], row["validation_seconds"] = str(training), str(validation)
    with paths.timing.open("w", newline="") as file:
        writer = csv.DictWriter(file, timing[0])
        writer.writeheader()
        writer.writerows(timing)
    assert [row["seconds"] for row in read_run_history(model).rows] == [2.5, 5.75]
    paths.timing.unlink()
    assert [row["seconds"] for row in read_run_history(model).rows] == [None, None]


def test_the_command_draws_real_runs(trained: Path, tmp_path: Path) -> None:
    """Two runs of one name are told apart by their folders; equal calls write equal files; nothing is overwritten."""
    other = shutil.copytree(trained, tmp_path / "other")
    words = ["history", str(trained), str(other), "--x", "time", "--metric", "jaccard_fibre"]
    for name in ("one.png", "two.png", "chart.svg"):
        told = CliRunner().invoke(main, [*words, "--output", str(tmp_path / name)])
        assert told.exit_code == 0, told.output
    with Image.open(tmp_path / "one.png") as picture:
        assert min(picture.size) > 300
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "chart.svg").read_text().startswith("<?xml")
    again = CliRunner().invoke(main, [*words, "--output", str(tmp_path / "one.png")])
    assert again.exit_code == 1
    assert "--overwrite" in again.stderr


def test_what_cannot_be_drawn_is_refused_before_a_file_appears(trained: Path, tmp_path: Path) -> None:
    """An unknown metric names the known ones; no epoch, no folder, no chart's suffix."""
    chart = tmp_path / "chart.png"
    with pytest.raises(TrainingError, match=r"got 'jaccard_pore'. There are: .*jaccard_fibre"):
        plot_histories([trained], chart, metrics=["jaccard_pore"])
    with pytest.raises(TrainingError, match=r"a .png or a .svg file; got"):
        plot_histories([trained], tmp_path / "chart.txt")
    with pytest.raises(ModelFolderError, match="does not exist"):
        plot_histories([tmp_path / "missing"], chart)
    begun = Path(shutil.copytree(trained, tmp_path / "begun"))
    ModelPaths(root=begun).history.unlink()
    with pytest.raises(TrainingError, match="one complete epoch"):
        plot_histories([begun], chart)
    assert not chart.exists()
    chart.write_text("mine")
    with pytest.raises(OutputExistsError):
        plot_histories([trained], chart)
    assert chart.read_text() == "mine"
