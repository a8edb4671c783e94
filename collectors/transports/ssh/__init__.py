"""SSH to command lines, by paramiko in threads."""
