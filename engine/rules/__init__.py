"""FEEL conditions: pure, safe and typed."""
