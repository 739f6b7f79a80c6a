"""What would happen if…? Actions and algorithms, their form, their run, their result."""
