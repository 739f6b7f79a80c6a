"""Fields for any algorithm, made from its declaration; reusable by every panel."""
