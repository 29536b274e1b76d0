"""Plumbing that every part of the package uses; nothing here is part of the course."""
