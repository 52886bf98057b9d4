"""One file per command; the only room that prints or ends the process. Imports click and nothing else at start."""
