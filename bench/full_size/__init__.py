"""`make bench`: what the project does at full size, against what its users would write instead. Not for the sample market (bench/)."""
