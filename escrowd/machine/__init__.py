"""What touches this machine and knows no business: files, child processes, secret input."""
