"""The fault matrix: every reader against every way an answer can be wrong, through landing and gate 1, on a small raw warehouse.

`forms_*.py` say how each provider writes an answer, `table.py` how a table is spoiled, `wire.py` how a connection is, `cells.py` what came of it.
"""
