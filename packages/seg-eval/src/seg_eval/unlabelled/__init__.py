"""What can be said of a prediction without a reference: doubt, grey levels unlike training's, slices to annotate next."""
