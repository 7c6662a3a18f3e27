"""The documentation, and in `generate` what writes the pages that follow from the code."""
