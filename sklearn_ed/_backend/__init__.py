"""Who does the arithmetic."""
