"""Publicity, archive and supervision of enforcement."""
