"""The card that members print and keep beside the telephone."""
