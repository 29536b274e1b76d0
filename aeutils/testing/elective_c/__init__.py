"""Visible tests of elective C: generating."""

from aeutils.testing.elective_c.bound import kl_to_prior, negative_elbo

__all__ = ["kl_to_prior", "negative_elbo"]
