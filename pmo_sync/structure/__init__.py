"""Items in their places: snapshots become a portfolio tree, and scopes find whom they mean. Pure."""
