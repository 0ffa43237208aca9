"""A base model and its adapter as a Router: prefix cache, constrained decoding, batches."""
