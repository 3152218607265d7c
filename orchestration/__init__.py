"""The refresh: landing files in, a published warehouse out."""
