"""Readers of providers: network or file in, frame out. They know neither Dagster nor DuckDB. Not for landing what they read."""
