"""The nouns: what the other rooms hand to each other. No input or output, no decisions."""
