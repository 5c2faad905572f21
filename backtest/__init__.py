"""History, backtests, their reports and their parity with other records; it sends no live order."""
