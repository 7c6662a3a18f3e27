"""Statistics of binary words, and other laws of the same words."""
