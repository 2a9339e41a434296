"""What a case is made of: parties, evidence, penalties, service, payments, documents."""
