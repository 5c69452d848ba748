"""What the commands of the command line do; `server.__main__` only parses. Each returns an exit code: 2 is a wrong command."""
