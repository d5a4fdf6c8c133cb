from seg_eval.evaluate import evaluate_volume
from seg_eval.result_table import result_table


def test_scores_stand_beside_the_baselines(evaluated):
    document = evaluated[1].document
    lines = result_table(document).splitlines()
    assert lines[0].split("  ")[0] == "class"
    for words in ("Jaccard", "constant", "histogram thresholds", "reference fraction", "estimated", "by probability"):
        assert words in lines[0]
    assert lines[2].split()[:2] == ["matrix", f"{document.classes[0].jaccard:.4f}"]
    assert lines[5].split()[:2] == ["mean", f"{document.mean_jaccard:.4f}"]
    assert any(line.startswith("VOI    split") for line in lines)
    assert any("false negative" in line for line in lines)
    assert "constant: matrix everywhere; fitted on the training region of scan" in result_table(document)


def test_without_labels_fractions_and_blobs_are_shown(world, made, tmp_path, undrawn):
    volume = made.volume(tmp_path / "new", world.image)
    table = result_table(evaluate_volume(world.model, volume, network=made.ConstantNetwork()).document)
    assert "estimated fraction" in table
    assert "Jaccard" not in table.splitlines()[0]
    assert "left out: Jaccard" in table
    # No voxel is fibre, so there is no size to tell.
    assert [line.split() for line in table.splitlines() if line.startswith("fibre")][1] == ["fibre", "0", "-", "-", "-"]
