"""Tables for papers."""

import pytest

from seg_eval.latex_table import escape, latex_table


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b & 5 %", r"a\_b \& 5 \%"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("$5 #1 ~ ^", r"\$5 \#1 \textasciitilde{} \textasciicircum{}"),
        ("two\nlines", "two lines"),
    ],
)
def test_names_from_elsewhere_are_set_as_they_are(text, latex):
    """Each sign once: what an escape brings in is not escaped again."""
    assert escape(text) == latex


@pytest.mark.parametrize("name", ["[2pt]", "*"])
def test_a_row_is_no_argument_of_the_line_above(name):
    """The end of a row takes a star and a bracket for its own, and so does a rule a bracket."""
    text = latex_table(["class", "Jaccard"], [[name, "[1]"], [name, "*"]], "Scores.", "scores")
    assert f"\\midrule\n    {{}}{name} & [1] \\\\\n    {{}}{name} & * \\\\\n" in text


def test_a_table_has_the_rules_of_booktabs():
    text = latex_table(["class", "Jaccard"], [["pore", "0.5"], ["fibre", "0.9"]], "Scores.", "scores")
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index(r"\begin{tabular}{lr}")
    assert lines[start + 1 : start + 8] == [
        r"\toprule",
        r"class & Jaccard \\",
        r"\midrule",
        r"pore & 0.5 \\",
        r"fibre & 0.9 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]
