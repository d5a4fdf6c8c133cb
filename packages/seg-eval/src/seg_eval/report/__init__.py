"""One self-contained page about an evaluation, and its pictures."""
