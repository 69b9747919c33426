"""What a questionnaire says about its own path, for people: numbers, conditions in words, where an answer leads.

Read by the paper questionnaire, the codebook and the comparison of versions. Pure; decides nothing about answers.
"""
