"""Hash banks: what was removed is recognised when it comes again, and what is known to be harmless is not."""
