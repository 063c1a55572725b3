"""Measured comparisons. Not part of the package: nothing in pipelines imports from here."""
