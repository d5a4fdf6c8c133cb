from seg_common.schema.histogram import GreyHistogram
from seg_common.yaml_documents import read_document, write_document
from seg_eval.evaluate import evaluate_volume


def test_baselines_of_several_volumes_name_them_all(world, made, undrawn):
    """Such a histogram has no single region, and none is shown."""
    file = world.model / "training_histogram.json"
    histogram = read_document(file, GreyHistogram)
    several = histogram.model_copy(update={"volume": "scan+other", "region": None})
    write_document(file, several, overwrite=True)
    document = evaluate_volume(world.model, network=made.ThresholdNetwork()).document
    assert {baseline.fitted_on for baseline in document.baselines.values()} == {"training regions of scan+other"}
