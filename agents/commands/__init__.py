"""The commands, one a file: `run(args)` does it and returns the exit code."""
