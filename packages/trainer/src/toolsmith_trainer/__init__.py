"""Pretraining of the embedded base, and LoRA fine-tuning of any causal language model into a router."""
