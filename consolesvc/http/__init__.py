"""What every HTTP face shares: the guard against foreign pages, the shape of a fault."""
