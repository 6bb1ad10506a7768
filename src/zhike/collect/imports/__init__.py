"""Files of facts: read, checked cell by cell, compared with what is there, and written in one commit."""
