"""The command line: thin, quick to start, and talking to a running agent where people are concerned."""
