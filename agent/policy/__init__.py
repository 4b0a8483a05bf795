"""May this be done, said or spent? Pure decisions; each returns its reason."""
