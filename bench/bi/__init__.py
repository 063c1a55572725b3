"""BI tools tried for real on the published file. Not for what the file holds."""
