"""Who is told what about the error."""
