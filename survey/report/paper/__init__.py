"""The questionnaire on paper: what is printed, how it is laid out, and the PDF of it."""
