"""What every floor may use: optional packages, progress, interruption, environment."""
