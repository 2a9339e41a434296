"""The case, and everything that moves it lawfully: no Flask, no Word, no files-on-disk packages."""
