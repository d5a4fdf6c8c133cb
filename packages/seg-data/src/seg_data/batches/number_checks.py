"""Refuse numbers of batches, crops and threads that make no sense, by their name."""

from __future__ import annotations

from seg_common.errors import CropError


def require_at_least(least: int, **numbers: int) -> None:
    """Raise CropError when one of the named numbers is smaller than `least`."""
    for name, number in numbers.items():
        if number < least:
            msg = f"{name} must be at least {least}; got {number}. Choose a larger number."
            raise CropError(msg)
