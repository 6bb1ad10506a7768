"""What every room needs and no room owns: words, errors, the clock, money, the data folder."""
