"""How a bank learns data."""
