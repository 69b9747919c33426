"""The codebook of a questionnaire: every variable with its words, codes, universe, routing, rules and use."""
