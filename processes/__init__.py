"""Department packages: read, checked, frozen and run."""
