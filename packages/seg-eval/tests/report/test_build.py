"""Reports from the files of a folder, of which some are missing or damaged."""

from seg_eval.report.build import build_report


def test_what_a_missing_file_takes_away_is_named(copied, undrawn):
    paths, document = copied
    paths.slices.unlink()
    paths.counts.unlink()
    missing = build_report(paths, document, overwrite=True)
    assert missing == [
        "slices, sections and the pictures of the largest errors: slices.h5 is missing",
        "profiles and curves of the probabilities: counts.h5 is missing",
    ]
    text = paths.report.read_text(encoding="utf-8")
    for remark in missing:
        assert f"Left out of this page: {remark}." in text
    assert 'id="viewer-data"' not in text


def test_a_damaged_file_is_missing_too(copied, undrawn):
    paths, document = copied
    paths.slices.write_bytes(paths.slices.read_bytes()[:500])
    paths.prediction.write_text("kind: prediction_record\n")
    missing = build_report(paths, document, overwrite=True)
    assert len(missing) == 2
    assert "slices.h5" in missing[0]
    assert "prediction.yaml" in missing[1]
