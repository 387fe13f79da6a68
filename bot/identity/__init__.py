"""Who is acting: proofs of origin and linked accounts."""
