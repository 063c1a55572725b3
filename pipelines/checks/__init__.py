"""The gates: what is checked, why, and what to do when it fires."""
