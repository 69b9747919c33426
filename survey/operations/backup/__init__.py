"""Backup that is a restore drill: one encrypted file with database, media, snapshots, reports and keys.

`tables` writes and reads rows in a form that any supported database takes; `seal` encrypts; `archive` puts them
together, verifies by restoring into a scratch place, and restores without ever leaving a half-filled target.
"""
