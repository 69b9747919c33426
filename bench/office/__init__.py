"""Pages of the office over a round of 100,000 questionnaires."""
