"""What the sessions of the noxfile stand on: the packages, how they are installed, and how their tests are counted."""
