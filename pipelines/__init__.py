"""Rotation: whether US small caps are taking the lead from large caps, each day and with receipts."""
