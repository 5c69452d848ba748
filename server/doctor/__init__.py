"""What of this works in a given network, and what to change: checks of the server, and of a browser's ways to it."""
