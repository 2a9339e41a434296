"""The statutory verifier: plays every run that a procedure allows and holds it against the law's invariants."""
