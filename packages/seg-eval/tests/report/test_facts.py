from types import SimpleNamespace

from seg_common.schema.prediction import PassRecord
from seg_eval.report.facts import facts_about_making, verdict


def document(mean, jaccards, baselines, confusion=None):
    return SimpleNamespace(
        mean_jaccard=mean,
        confusion=confusion,
        classes=[SimpleNamespace(name=name, jaccard=value) for name, value in jaccards.items()],
        baselines={
            name: SimpleNamespace(mean_jaccard=score, classes=[SimpleNamespace(jaccard=v) for v in values])
            for name, (score, values) in baselines.items()
        },
    )


def test_a_model_that_wins_everywhere():
    text = verdict(document(0.8, {"a": 0.9, "b": 0.7}, {"constant": (0.4, [0.8, 0.0])}))
    assert text == (
        "Mean Jaccard 0.800, 0.400 above the best baseline (constant, 0.400). It is above every baseline on every class."
    )


def test_a_model_that_loses_is_told_so():
    text = verdict(document(0.5, {"a": 0.9, "b": 0.1}, {"histogram_thresholds": (0.6, [0.8, 0.4])}))
    assert "0.100 below the best baseline (histogram thresholds, 0.600)" in text
    assert text.endswith("A baseline is as good or better on: b.")


def test_without_baselines_or_reference():
    assert verdict(document(0.5, {"a": 0.5}, {})) == "Mean Jaccard 0.500."
    assert "no reference labels" in verdict(document(None, {"a": None}, {}))
    assert "says nothing about any voxel" in verdict(document(None, {"a": None}, {}, [[0]]))


def test_what_was_averaged_is_told(evaluated):
    """Symmetries, orientation, and each other pass with the digest of its weights."""
    _, evaluation = evaluated
    aggregation = evaluation.document.aggregation
    other = PassRecord(
        model_id="fedcba9876543210",
        weights_digest=f"sha256:{'7' * 64}",
        along="y",
        tile_shape=(1, 16, 32),
        min_overlap=(0, 4, 4),
        halo=(0, 2, 2),
        symmetries=4,
    )
    averaged = aggregation.model_copy(update={"symmetries": 8, "along": "x", "more_passes": [other]})
    document = evaluation.document.model_copy(update={"aggregation": averaged})
    facts = dict(dict(facts_about_making(document, None))["Aggregation"])
    assert (facts["symmetries averaged"], facts["slices across"]) == ("8", "x")
    assert facts["averaged with"] == (
        "model fedcba9876543210 (sha256:7777777…), slices across y, tiles 1 \N{MULTIPLICATION SIGN} 16 "
        "\N{MULTIPLICATION SIGN} 32, 4 symmetries"
    )
