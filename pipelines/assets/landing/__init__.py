"""From a provider's answer to merged raw rows: fetch, cast, check (gate 1), merge."""
