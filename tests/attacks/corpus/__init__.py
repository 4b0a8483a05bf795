"""Operational text with and without secrets, drawn at random: what a redactor of incident text is judged by.

Written from vendors' documentation by somebody who has not seen the redactor.
"""

from tests.attacks.corpus.drawing import Sample
from tests.attacks.corpus.mixing import samples

__all__ = ["Sample", "samples"]
