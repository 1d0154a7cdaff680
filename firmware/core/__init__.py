"""Pure rules: no clock, no I/O, no threads, no randomness of their own. Time comes in as an argument."""
