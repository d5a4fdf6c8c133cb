"""Predict whole volumes and measure them: Jaccard, volume fractions, error blobs, variation of information.

Names are imported when they are first used, so that a command answers ``--help`` at once; `__init__.pyi` lists them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
