"""Who they are: profiles, customers, and later merges, consent and the vault."""
