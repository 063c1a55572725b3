"""The page of a publication, as HTML and as PDF. Not for computing: every number on it is a row of the published file."""
