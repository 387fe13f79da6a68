"""Thin HTTP handlers, one class per URL: prove, read, dispatch, answer."""
