"""The only owner of SpiffWorkflow: releases, parsing, lint, instances and tasks."""
