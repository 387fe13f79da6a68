"""The denominators: measured in the same run, independent of our code."""
