"""LoRA of a causal chat model on this machine: the tuner ``lora`` with everything but its options.

``settings`` says how to train; ``pretrained`` loads the base model, ``examples`` turns demonstrations into tokens,
``trainer`` is trl's with peft's LoRA, ``training`` does it all in order, ``record`` keeps how the job stands where
other processes see it, ``serving`` merges the result and tells how it is served.

torch, transformers, peft and trl come with the extra ``lora`` and are imported inside functions.
"""
