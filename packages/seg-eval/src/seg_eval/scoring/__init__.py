"""Label volumes of any tool as what a score needs: class indices, placed in one coordinate system."""
