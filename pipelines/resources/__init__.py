"""What the assets are given: the clock, the warehouse, dbt, the publication. Not for what they compute."""
