"""People's files: readers, and how rows are held out."""
