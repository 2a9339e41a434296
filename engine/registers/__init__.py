"""The element registers: agencies and officers, statutes, items, seals, emergencies."""
