"""What both services agree on; no behaviour of either."""
