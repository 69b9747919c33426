"""Facts as data: places, plan 128, classifications, legal rules. Every module reads its own file in `data/` once."""
