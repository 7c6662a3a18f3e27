"""Pages of the documentation that are written from the code, the schema and the expected metrics."""
