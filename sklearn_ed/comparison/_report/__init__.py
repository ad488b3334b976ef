"""How results are shown: a table of text, pictures, a page."""
