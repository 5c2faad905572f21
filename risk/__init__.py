"""Pre-trade controls, and a guard over what is open; it knows no venue and no strategy."""
