"""Databases of earlier releases, each made by its own release's code; what the tests need to know to sign in."""

PASSWORD = "release-0-2-0"
TOKEN = "0200" * 10
