"""Which attacks are refused?  Every row of the attack table with the tests that try it, and the hostile model."""
