"""A trial on one machine: sample contracts and members, a sample portal, and what was sent."""
