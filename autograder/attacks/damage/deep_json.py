"""Hand in a file of a hundred thousand opening brackets."""


def submission(nb, folder):
    return '{"cells": ' + "[" * 100_000
