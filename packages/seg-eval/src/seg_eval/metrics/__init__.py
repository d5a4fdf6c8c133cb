"""One metric per file: pure functions of integer counts or of tables of blobs."""
