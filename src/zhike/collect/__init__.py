"""How facts arrive: file imports, mappings, rejects, and the sample."""
