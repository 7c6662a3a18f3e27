"""Everything with a path, a commit or a command line; imported by scripts, rules and figures alone."""
