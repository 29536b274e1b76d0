"""The trusted process that runs the tests of one submission."""
