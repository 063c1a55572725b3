"""The Dagster assets, layer by layer: landing, models, publish. Not for what a provider or a metric is."""
