"""What a bank of networks is."""
