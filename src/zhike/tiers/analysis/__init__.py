"""Pure functions: Ibis expressions and NumPy; they never run a query and never read the clock."""
