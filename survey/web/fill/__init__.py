"""Filling a questionnaire page by page, for the portal and the field alike: cut, read, show, save, check, send.

Not a blueprint: `routes.attach` hangs the pages under one. Decides nothing about answers; the judge does.
"""
