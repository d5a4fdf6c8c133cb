"""Write the results of one comparison: the document, tables, figures and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_common.cli_support import note
from seg_common.yaml_documents import write_document
from seg_eval.comparing.comparison_tables import write_tables

if TYPE_CHECKING:
    from seg_common.evaluation_paths import ComparisonPaths
    from seg_common.schema.comparison import ComparisonDocument


def write_comparison(paths: ComparisonPaths, document: ComparisonDocument, *, quiet: bool = True) -> None:
    """Write everything that follows from the document.

    Parameters
    ----------
    paths : ComparisonPaths
        Where to write.
    document : ComparisonDocument
        All scores.
    quiet : bool
        Whether to say nothing.
    """
    # matplotlib and jinja2 take a second to import; whatever goes wrong before should not wait for them.
    from seg_eval.comparing.comparison_figures import draw_charts
    from seg_eval.comparing.comparison_page import write_page

    note("drawing the comparison", quiet=quiet)
    write_document(paths.comparison, document)
    write_tables(paths, document)
    write_page(paths, document, draw_charts(paths, document))
