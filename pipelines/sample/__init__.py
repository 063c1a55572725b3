"""The built-in market: simulated, seeded, offline, in the providers' own wire forms. Not for reading it: the real readers do that."""
