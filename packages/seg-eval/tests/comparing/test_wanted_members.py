"""Models that were not evaluated yet take part in a comparison."""

import shutil

import pytest
from click.testing import CliRunner

import seg_eval.comparing.wanted_members
import seg_eval.evaluate
from seg_common.errors import MissingDependencyError, OutputExistsError, SegError
from seg_common.yaml_documents import write_document
from seg_eval.cli import main
from seg_eval.comparing.compare import compare_models
from seg_eval.crop_store.store_crops import store_crops
from seg_eval.evaluate import evaluate_volume
from seg_eval.prediction.options import PredictionOptions

THRESHOLDS = {"first": (60, 170), "second": (50, 185)}


@pytest.fixture(autouse=True)
def undrawn_comparison(monkeypatch):
    """Leave the figures away."""
    monkeypatch.setattr("seg_eval.comparing.comparison_figures.draw_charts", lambda paths, document: [])


@pytest.fixture(autouse=True)
def networks(monkeypatch, made):
    """Each model predicts by its thresholds; what was loaded, by the text of its weights. Reports are not drawn."""
    loaded = []

    def load(path, batch_size):
        loaded.append(path.read_text())
        return made.ThresholdNetwork(THRESHOLDS[loaded[-1]])

    monkeypatch.setattr(seg_eval.evaluate, "KerasNetwork", load)
    for module in (seg_eval.evaluate, seg_eval.comparing.wanted_members):
        monkeypatch.setattr(module, "require_tensorflow", lambda: None)
    monkeypatch.setattr(
        seg_eval.evaluate,
        "write_evaluation",
        lambda paths, document, *_, **__: write_document(paths.evaluation, document),
    )
    return loaded


def evaluations(pair):
    return {name: sorted(path.name for path in (pair.model(name) / "evaluations").glob("*")) for name in THRESHOLDS}


def test_models_are_evaluated_when_they_are_compared(pair, unevaluated, networks, tmp_path, capsys):
    """As `seg-eval volume` evaluates them, and once: the same numbers as of evaluations that were there."""
    members = [unevaluated.model(name) for name in THRESHOLDS]
    document = compare_models(members, partition="test", output=tmp_path / "out", quiet=False).document
    told = capsys.readouterr().err
    for name in THRESHOLDS:
        assert f"Making it: seg-eval volume {unevaluated.model(name)} --partition test\n" in told
    expected = compare_models([pair.model(name) for name in THRESHOLDS], output=tmp_path / "expected").document
    assert [one.answers for one in document.members] == [one.answers for one in expected.members]
    assert [one.name for one in document.members] == ["first", "second"]
    assert [one.prediction_digest for one in document.members] == [one.prediction_digest for one in expected.members]
    assert networks == ["first", "second"]
    assert evaluations(unevaluated) == {key: ["scan_test_gaussian"] for key in THRESHOLDS}

    again = compare_models(members, output=tmp_path / "again").document
    assert [one.answers for one in again.members] == [one.answers for one in document.members]
    assert networks == ["first", "second"]


def test_without_options_the_validation_region_is_taken(unevaluated, networks, tmp_path):
    """There is no partition of that name: the whole volume."""
    compare_models([unevaluated.model(name) for name in THRESHOLDS], output=tmp_path / "out")
    assert evaluations(unevaluated) == {key: ["scan_whole_gaussian"] for key in THRESHOLDS}


def test_a_model_is_evaluated_as_the_other_was(unevaluated, made, evaluate, networks, tmp_path):
    """Partition, aggregation and the name that was asked for."""
    first, second = (unevaluated.model(name) for name in THRESHOLDS)
    evaluate(first, made.ThresholdNetwork(), first / "evaluations" / "special", "mean", partition="test")
    document = compare_models([second, first], output=tmp_path / "out").document
    assert document.mixed == []
    assert document.region == unevaluated.test
    assert networks == ["second"]
    assert evaluations(unevaluated) == {"first": ["special"], "second": ["scan_test_mean"]}
    compare_models([first, second], evaluation="special", output=tmp_path / "named")
    assert evaluations(unevaluated)["second"] == ["scan_test_mean", "special"]
    assert networks == ["second", "second"]
    with pytest.raises(
        SegError, match=r"'other' must be that of a member; .*Make it: seg-eval volume .*/first --output .*/other$"
    ):
        compare_models([first, second], evaluation="other", output=tmp_path / "none")


def test_orientation_weights_and_symmetries_are_those_of_the_other(unevaluated, made, evaluate, networks, tmp_path):
    """A 3D network has no slices to orient: it is planned, and refused for what it then is."""
    first, second = (unevaluated.model(name) for name in THRESHOLDS)
    for model in (first, second):
        (model / "last.keras").write_text(model.name)
    options = PredictionOptions(along="y", symmetries=2, weights="last")
    evaluate_volume(first, partition="test", options=options, network=made.ThresholdNetwork())
    solid = made.model(tmp_path / "solid", unevaluated.volume, unevaluated.test, dimensions="3D", crop_shape=(8, 8, 8))
    (solid / "last.keras").write_text("first")
    with pytest.raises(
        SegError, match=r"same aggregations; got first: gaussian, along y in 2 .*; solid: gaussian, along z"
    ):
        compare_models([first, solid], output=tmp_path / "out")
    assert networks == []
    compare_models([first, second], output=tmp_path / "out")
    assert networks == ["second"]
    assert evaluations(unevaluated)["second"] == ["scan_test_gaussian_last_2-symmetries_along-y"]


def test_options_choose_among_evaluations(unevaluated, made, evaluate, networks, tmp_path):
    """Of several the one that seg-eval volume writes with these options; a zero is an option, too."""
    first, second = (unevaluated.model(name) for name in THRESHOLDS)
    for aggregation in ("gaussian", "mean"):
        evaluate(first, made.ThresholdNetwork(), aggregation=aggregation, partition="test")
    words = [str(first), str(second), "--partition", "test", "--aggregation", "mean"]
    done = CliRunner().invoke(main, ["compare", *words, "--output", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert f"Making it: seg-eval volume {second} --partition test --aggregation mean\n" in done.stderr
    assert evaluations(unevaluated) == {"first": ["scan_test_gaussian", "scan_test_mean"], "second": ["scan_test_mean"]}
    done = CliRunner().invoke(main, ["compare", *words, "--overlap", "0", "--output", str(tmp_path / "none")])
    assert done.exit_code == 1
    assert "scan_test_mean has another overlap. Make it anew: " in done.stderr
    assert "--overlap 0.0 --overwrite\n" in done.stderr
    with pytest.raises(SegError, match="chosen by its name or by how it was made; got 'scan_test_mean'"):
        compare_models([first, second], evaluation="scan_test_mean", partition="test", output=tmp_path / "none")


def test_what_must_not_be_compared_is_not_predicted(unevaluated, made, evaluate, networks, tmp_path):
    """Another scheme, no shared voxels, no reference, one model twice, names, and a region that nobody knows."""
    first, second = (unevaluated.model(name) for name in THRESHOLDS)
    crops = store_crops(first, partition="test", network=made.ThresholdNetwork(), probabilities="none")
    train = tmp_path / "train"
    evaluate(first, made.ThresholdNetwork(), train, partition="train")
    new = made.volume(tmp_path / "new", unevaluated.image)
    for members, choices, message in (
        ([crops.paths.root, second], {}, "same schemes; .*--allow scheme"),
        ([train, second], {"partition": "test"}, "must share voxels"),
        ([train, second], {"volume": new}, "new/volume.yaml names none. Name a labelled volume"),
        ([second, second], {}, "was given twice"),
        ([f"a={train}", f"a={second}"], {}, "different names"),
        ([first, second], {"partition": "tset"}, "tset"),
        ([train, second], {"options": {"aggregation": "mean"}, "partition": "train"}, "same aggregations"),
    ):
        with pytest.raises(SegError, match=message):
            compare_models(members, output=tmp_path / "out", **choices)
    assert networks == []
    assert not (second / "evaluations").exists()


def test_without_tensorflow_the_commands_are_named(unevaluated, monkeypatch, tmp_path):
    def missing():
        msg = "prediction needs TensorFlow."
        raise MissingDependencyError(msg)

    monkeypatch.setattr(seg_eval.comparing.wanted_members, "require_tensorflow", missing)
    first, second = (unevaluated.model(name) for name in THRESHOLDS)
    expected = f"seg-eval volume {first} --partition test; seg-eval volume {second} --partition test$"
    with pytest.raises(MissingDependencyError, match=rf"needs TensorFlow\. Or make .* is installed: {expected}"):
        compare_models([first, second], partition="test", output=tmp_path / "out")


def test_a_folder_in_the_way_is_kept(unevaluated, networks, tmp_path):
    first, second = (unevaluated.model(name) for name in THRESHOLDS)
    own = second / "evaluations" / "scan_test_gaussian"
    own.mkdir(parents=True)
    (own / "notes.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="is there, and is no finished evaluation"):
        compare_models([first, second], partition="test", output=tmp_path / "out")
    assert networks == []
    shutil.rmtree(own)
    compare_models([first, second], partition="test", output=tmp_path / "out")
    assert networks == ["first", "second"]
