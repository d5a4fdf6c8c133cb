"""Write `inspect.ipynb`: the same cells for every evaluation, which find their files by relative paths."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from seg_common.atomic_files import atomic_write_text

if TYPE_CHECKING:
    from pathlib import Path

CELLS = "inspect_cells.txt"
"""Source of the cells, in the percent format of Jupytext: ``# %%`` begins a cell of code, ``# %% [markdown]`` one of text."""


def write_notebook(path: Path) -> None:
    """Write a notebook that opens every file of the folder it lies in.

    Parameters
    ----------
    path : Path
        The file; it must not exist.
    """
    source = files("seg_eval.notebook").joinpath(CELLS).read_text(encoding="utf-8")
    atomic_write_text(path, json.dumps(notebook_of(source), indent=1, ensure_ascii=False) + "\n")


def notebook_of(source: str) -> dict[str, Any]:
    r"""Turn cells in the percent format into a notebook of format 4.5, without outputs.

    Parameters
    ----------
    source : str
        Begins with a cell.

    Returns
    -------
    dict
        JSON; equal sources give equal notebooks, the names of the cells included.

    Examples
    --------
    >>> notebook_of("# %% [markdown]\n# Hello\n\n# %%\nprint(1)")["cells"][0]["source"]
    ['Hello']
    """
    parts = re.split(r"^# %%( \[markdown\])?\n", source, flags=re.MULTILINE)
    cells: list[dict[str, Any]] = []
    for number, (is_text, body) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
        lines = body.strip().splitlines(keepends=True)
        if is_text:
            text = [re.sub(r"^# ?", "", line) for line in lines]
            cells.append({"cell_type": "markdown", "id": f"text-{number}", "metadata": {}, "source": text})
            continue
        code: dict[str, Any] = {"execution_count": None, "outputs": [], "source": lines}
        cells.append({"cell_type": "code", "id": f"code-{number}", "metadata": {}, **code})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
