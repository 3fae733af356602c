"""What staff look at: the queue, its counts, and one whole case. Every look is on record."""
