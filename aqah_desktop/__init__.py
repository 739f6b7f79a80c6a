"""AQAH Desktop: air quality, exposure and local action in seven territories of Hauts-de-France."""

__version__ = "0.1.0"
