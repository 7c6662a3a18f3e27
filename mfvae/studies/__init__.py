"""Single experiments of the papers, each with data of its own."""
