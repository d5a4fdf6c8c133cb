"""A small volume and a network trained on it, which come with the package."""
