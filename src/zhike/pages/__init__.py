"""What every page is made of. Knows no product noun."""
