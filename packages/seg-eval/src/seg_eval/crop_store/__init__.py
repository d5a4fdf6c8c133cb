"""Crops that a network answered for, kept without any aggregation, and what can be made of them later."""
