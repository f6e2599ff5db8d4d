"""Plan how many replicas a number of listeners needs."""
