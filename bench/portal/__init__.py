"""Measurements of the portal: many enterprises saving at once, a kill, the weight and speed of the longest page."""
