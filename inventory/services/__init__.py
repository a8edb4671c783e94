"""What changes the records beyond one row; all of it writes through `kernel.writes`."""
