"""pmo-sync: the standards of a project management office, applied to the trackers an organisation already has."""

__version__ = "0.1.0"
