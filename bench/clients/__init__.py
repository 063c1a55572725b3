"""Plain clients of the published file, older ones among them: each reads every table and must see what is there. Not for BI servers (bench/bi)."""
