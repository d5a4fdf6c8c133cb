"""A notebook beside the report that opens every file of an evaluation."""
