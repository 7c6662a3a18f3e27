"""Is a run what it should be? Metrics as expected, jobs done once more, two runs compared."""
