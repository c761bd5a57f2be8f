"""The figures: `python -m tests.bench [NAME]` prints one JSON line for each, everything else goes to standard error."""
