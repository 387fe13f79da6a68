"""Carries effects out: what a decision wants to happen in Mattermost happens here, and what came of it goes back.

Drawing happens as late as possible, from the document as it is then. Every delivery returns what was learned, as a pure
decision about the document. What may pass raises Upstream and the worker tries again; what will not is learned, too.
"""
