"""Sign-in identities, and who may do what to which case."""
