"""Visible tests of elective C: generating."""

__all__: list[str] = []
