"""The product's settings with English as its language, for tests that read what its commands say."""

from netops.settings import *  # noqa: F403

LANGUAGE_CODE = "en"
