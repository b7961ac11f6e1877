"""The identity service for the member portals of Japanese internet and cable operators."""

__version__ = "0.1.0"
