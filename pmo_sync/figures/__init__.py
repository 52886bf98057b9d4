"""Roll-ups: every figure with its value, how many facts it used, how many are missing, and its basis. Pure."""
