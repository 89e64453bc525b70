"""What is shown: tables and graphs as values, in the order that serves the claims."""
