"""Money between a wallet on chain and a venue, by hand and off the live path; no run imports it."""
