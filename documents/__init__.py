"""Standard documents: template and data in, sealed and verified PDF out."""
