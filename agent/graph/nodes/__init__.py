"""One node a module: module, function and node share a name, and the module's docstring is the question it answers."""
