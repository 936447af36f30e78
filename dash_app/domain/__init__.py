"""The pure core: what the application talks about, with no I/O (stdlib, numpy and pandas only)."""
