"""One template per model call, named after its node. A missing variable is an error."""
