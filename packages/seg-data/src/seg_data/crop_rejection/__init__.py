"""From the content of a crop to the probability of throwing it away."""
