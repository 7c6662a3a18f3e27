"""Files of the workflow: written whole or not at all, with a record of where they come from."""
