"""A language model of two small layers and random weights, made on the spot: ``python -m tests.tiny_model FOLDER``.

It reads chat messages as any other does and writes gibberish: at least ``SHORTEST`` tokens, at temperature 0 exactly
so many and the end, sampled ones some twenty on average. ``docile``: one that can learn instead, by a LoRA alone.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from text2sql.dataset import load_dataset

SHORTEST = 4

_CHAT = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "


def make(folder: str, *, docile: bool = False) -> None:
    """Write the model, its tokenizer and its chat template as transformers reads them.

    ``docile``: weights so large that its logits can tell tokens apart, while embeddings and head stay as they are.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    bytes_as_text = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pairs = Tokenizer(models.BPE())
    pairs.pre_tokenizer, pairs.decoder = bytes_as_text, decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=["<end>"], initial_alphabet=bytes_as_text.alphabet(), show_progress=False
    )
    pairs.train_from_iterator(
        [text for e in load_dataset("tiny").examples for text in (e.question.text, e.sql)], trainer
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pairs, eos_token="<end>", pad_token="<end>")
    tokenizer.chat_template = _CHAT
    tokenizer.save_pretrained(folder)

    torch.manual_seed(0)
    end = tokenizer.eos_token_id
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    if docile:
        sizes |= {"hidden_size": 64, "intermediate_size": 128}
    config = LlamaConfig(
        vocab_size=len(tokenizer), bos_token_id=None, eos_token_id=end, pad_token_id=end,
        initializer_range=0.25 if docile else 0.02, **sizes,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    if docile:
        model.save_pretrained(folder)
        return
    # The server samples only where the model says so, whatever the temperature.
    model.generation_config.do_sample = True
    model.generation_config.min_new_tokens = SHORTEST
    # Random weights hardly ever end by themselves.
    model.generation_config.sequence_bias = [[[end], 3.0]]
    model.save_pretrained(folder)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 180.0) -> None:
    """Until a server answers; fails with the end of its log where it does not."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        try:
            opener.open(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server does not answer: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


if __name__ == "__main__":
    make(sys.argv[1])
