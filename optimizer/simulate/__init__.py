"""The closed loop: policies run step by step on what was measured, and what that cost.

`measured` is what happened; `outlook` what was expected of it at each hour; `rules`, `planned`, `by_scenarios` and
`by_value` are policies; `loop` runs one of them with the battery's own physics; `foresight` is the best that anyone
could have done; `figures` is what came of it. No I/O here: benchmarks/closed_loop.py reads files and prints.
"""
