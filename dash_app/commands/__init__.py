"""The headless commands: `add_arguments(parser)` and `run(args) -> exit code`, one file for each."""
