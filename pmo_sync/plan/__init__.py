"""What we want on the trackers, how it differs from what is there, and the brakes. Pure."""
