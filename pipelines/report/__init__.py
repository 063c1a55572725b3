"""What a person reads of a publication. Not for computing: every number comes from the published file."""
