"""The Dagster UI tried as a person uses it, in the machine's Chromium: `make ui-check`. Not for what the definitions say (tests)."""
