"""The domain: pure decisions over immutable documents; imports nothing but the standard library and itself."""
