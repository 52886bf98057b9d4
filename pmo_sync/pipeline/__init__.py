"""The order of the steps, and nowhere else: what a command does, from the project folder to the last written mark.

Each module is one part of a run, in this order: `context`, `standards`, `pull`, `past`, `evaluate`, `write`; `finding`,
`explain`, `doctor` and `history` answer questions about it. Each function takes a Context and gives data; the command
line prints it. This is the one room that reads Past, loads the connectors' modules, and lets `apply` write.
"""
