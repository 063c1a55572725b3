"""Alerts: who is told, how and when, that readers see older data than they should."""
