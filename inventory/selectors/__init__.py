"""Questions to the records, answered by frozen values in a fixed number of queries."""
