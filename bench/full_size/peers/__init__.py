"""The published breadth table computed and stored as users of other tools write it. Not for the project's own way (derive.py)."""
