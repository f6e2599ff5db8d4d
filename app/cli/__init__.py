"""The commands, a module each: `run(options)` returns the exit code."""
