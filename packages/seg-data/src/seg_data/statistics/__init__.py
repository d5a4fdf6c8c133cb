"""What a volume holds, counted in one pass: grey levels and classes, by partition and slice by slice."""
