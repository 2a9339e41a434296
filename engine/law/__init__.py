"""Statutory rules as pure functions: calendar, deadlines, penalties, safeguards, service, wording."""
