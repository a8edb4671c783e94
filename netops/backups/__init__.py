"""One file holds an installation: written by `backup`, read back by `restore` on either database engine."""
