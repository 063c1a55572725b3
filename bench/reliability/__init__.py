"""What the gates and the publication withstand, tried: `make reliability`. One module a row of the table. Not for single cases a test proves (tests)."""
