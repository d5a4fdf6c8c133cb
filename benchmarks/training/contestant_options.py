"""The options that every contestant of `compare.py` takes."""

from __future__ import annotations

import argparse
from pathlib import Path


def contestant_parser(description: str | None) -> argparse.ArgumentParser:
    """Make a parser with what all of them share; `complete` fills in what depends on the dimensions."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, required=True, help="of training, without validation and prediction")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dimensions", choices=["2D", "3D"], default="2D")
    parser.add_argument("--side", type=int, help="edge length of a crop; 224 in 2D and 64 in 3D when not given")
    parser.add_argument("--batch", type=int, help="8 in 2D and 2 in 3D when not given")
    parser.add_argument("--filters", type=int, default=8, help="base filters of seg-train's network")
    return parser


def complete(options: argparse.Namespace) -> argparse.Namespace:
    """Fill in the crops' side and the batch where they are not given."""
    planar = options.dimensions == "2D"
    options.side = options.side or (224 if planar else 64)
    options.batch = options.batch or (8 if planar else 2)
    return options
