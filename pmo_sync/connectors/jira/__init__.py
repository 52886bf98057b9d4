"""What both Jiras share. `jira_cloud` and `jira_dc` add what differs; nothing else imports this package."""
