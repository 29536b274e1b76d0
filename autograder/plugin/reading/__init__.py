"""Reading what was handed in: files, archives, text, JSON, and which notebook is meant.

Everything here is pure reading. Nothing runs a student's code, parses it as Python, follows a link
or unpacks without bounds.
"""
