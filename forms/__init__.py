"""Shapes of input: declarations only, marshmallow and nothing of ours."""
