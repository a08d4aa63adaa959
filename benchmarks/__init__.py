"""Measurements against stated bars, with a peer in the same run where there is one."""
