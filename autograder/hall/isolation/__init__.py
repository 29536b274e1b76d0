"""Walls around student code: bubblewrap, system calls, limits, fork servers, sealed packages."""
