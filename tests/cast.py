"""What the cast of the tests has in common."""

PASSWORD = "tea-leaf-9182"
