"""What `doctor` looks at: one check a back end."""
