"""
A child process: Nautilus's own Rust node watches an account of a venue and sends no order.

Run as ``python -m tests.acceptance.nautilus_account HTTP_URL WS_URL KEY``, and end it with SIGINT.
Its log on standard output is what the test reads.
"""

import sys

from tests.acceptance.nautilus_parts import trading_node

if __name__ == "__main__":
    trading_node(sys.argv[1], sys.argv[2], sys.argv[3]).run()
