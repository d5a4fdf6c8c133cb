import csv

from seg_eval.tables import write_table


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_tables_hold_the_numbers_of_the_document(evaluated):
    _, evaluation = evaluated
    document, paths = evaluation.document, evaluation.paths
    classes = rows(paths.classes_table)
    assert [float(row["jaccard"]) for row in classes] == [info.jaccard for info in document.classes]
    confusion = rows(paths.confusion_table)
    assert [
        [int(row[f"predicted {info.name}"]) for info in document.classes] for row in confusion
    ] == document.confusion
    errors = rows(paths.error_blobs_table)
    assert [(row["class"], row["kind"]) for row in errors[:4]] == [
        ("matrix", "fp"),
        ("matrix", "fn"),
        ("matrix", "both"),
        ("fibre", "fp"),
    ]
    assert int(errors[-1]["count"]) == document.error_blobs_pooled.count
    assert errors[0]["largest_at"].startswith("z ")
    assert [int(row["count"]) for row in rows(paths.phase_blobs_table)] == [
        blobs.count for phases in (document.phase_blobs, document.reference_blobs) for blobs in phases.values()
    ]
    assert {row["baseline"] for row in rows(paths.baselines_table)} == {
        "constant",
        "histogram_thresholds",
        "multi_otsu",
    }


def test_names_are_no_formulas_and_numbers_stay_numbers(tmp_path):
    """A spreadsheet would run what begins with one of four signs."""
    write_table(tmp_path / "a.csv", [{"class": "=1+1", "error": -0.5}, {"class": "@x", "more": "-3"}])
    assert (tmp_path / "a.csv").read_text() == "class,error,more\n'=1+1,-0.5,\n'@x,,-3\n"
