"""The light runtime: the exported model in numpy, with the same prompts and the same constrained decoding.

Imports numpy, safetensors, jinja2 and llguidance; no torch, no transformers.
"""
