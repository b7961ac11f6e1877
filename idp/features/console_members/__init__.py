"""Members in the console: found by one search box, and everything that answers a call about one of them."""
