"""Readers: from a file or an object to the arrays in it, as they are there."""
