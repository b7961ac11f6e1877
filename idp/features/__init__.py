"""Rooms: views, forms and flow of one feature each; rooms know each other only by URL."""
