from types import SimpleNamespace

from seg_eval.report.facts import verdict


def document(mean, jaccards, baselines):
    return SimpleNamespace(
        mean_jaccard=mean,
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
