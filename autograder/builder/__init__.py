"""From one text source per week to the executed solution and the student's notebook."""
