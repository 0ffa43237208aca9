"""Pretraining of the embedded base from nothing: tokenizer, tasks, packing and the loop."""
