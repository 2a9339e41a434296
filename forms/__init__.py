"""Forms as plain files: read, shown and checked."""
