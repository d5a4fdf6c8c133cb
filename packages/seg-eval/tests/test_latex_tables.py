"""The tables of an evaluation for papers."""

import re


def test_every_table_is_written_with_the_numbers_of_the_document(evaluated):
    document, folder = evaluated[1].document, evaluated[1].paths.latex
    assert sorted(path.name for path in folder.iterdir()) == [
        "confusion.tex",
        "error_blobs.tex",
        "scores.tex",
        "segments.tex",
        "surfaces.tex",
        "volume_fractions.tex",
    ]
    scores = (folder / "scores.tex").read_text(encoding="utf-8")
    for info in document.classes:
        assert re.search(rf"{info.name} & {info.jaccard:.4f}", scores)
    assert f"mean & {document.mean_jaccard:.4f}" in scores
    confusion = (folder / "confusion.tex").read_text(encoding="utf-8")
    assert f"matrix & {document.confusion[0][0]:,} & {document.confusion[0][1]:,}" in confusion


def test_every_row_has_as_many_cells_as_the_head(evaluated):
    for path in evaluated[1].paths.latex.iterdir():
        rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith(r"\\")]
        assert len(rows) > 1
        assert len({line.count(" & ") for line in rows}) == 1
