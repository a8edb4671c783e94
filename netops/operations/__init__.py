"""The installation as a whole, for those who run it: health, figures for Prometheus, the page of its state."""
