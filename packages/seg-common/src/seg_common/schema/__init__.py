"""One document per file: what stands in the YAML and JSON files that the tools write and read."""
