"""The Apps plugin v1.2.2 of the simulated server: installs HTTP Apps, calls them and cleans what they answer."""
