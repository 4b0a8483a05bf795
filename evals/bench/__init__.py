"""How fast is it, beside the least that could do the same? One module a measurement, one row a figure."""
