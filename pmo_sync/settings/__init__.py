"""pmo.yaml and its folder as typed values, each mistake with file, line, column and a way out."""
