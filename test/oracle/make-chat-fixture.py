"""
Writes a small byte-level tokenizer with chat templates, and what `transformers` makes of conversations, into a folder.

    python test/oracle/make-chat-fixture.py test/fixtures/chat
"""
import json
import sys
from pathlib import Path

import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"]
TEXT = """A small dog runs over green grass. Two people sit on a bench by the river, and it's raining.
How many people are there? There are two. What colour is the grass? It is green. Describe the image in one sentence.
user assistant system\nYou answer questions about images. Yes. No. The bench isn't wet, but the people's coats are."""
CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou answer questions about images.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] | trim + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PARTS = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% for part in message['content'] %}{% if part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}"
    "{% for part in message['content'] %}{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONVERSATIONS = [
    [("user", ["image", "How many people are there?"]), ("assistant", ["There are two."])],
    [
        ("system", ["Answer briefly."]),
        ("user", ["image", "image", "What colour is the grass?"]),
        ("assistant", ["It is green."]),
        ("user", ["And the bench? It's 12:30 — déjà vu 🐕!"]),
        ("assistant", ["The bench isn't\nwet.\n\nNo."]),
    ],
    [("user", ["Yes or no?"]), ("assistant", ["  Yes.  "])],
]


def content(parts, takes_parts):
    if takes_parts:
        return [{"type": "image"} if part == "image" else {"type": "text", "text": part} for part in parts]
    return "\n".join("<image>" if part == "image" else part for part in parts)


def main(folder):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=[AddedToken(t, special=True, normalized=False) for t in SPECIAL],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator([TEXT], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    for name, template in (("text", CHATML), ("parts", PARTS)):
        fast.chat_template = template
        target = folder / name
        fast.save_pretrained(target)
        expected = []
        for conversation in CONVERSATIONS:
            messages = [{"role": role, "content": content(parts, name == "parts")} for role, parts in conversation]
            ids = lambda messages, ask: fast.apply_chat_template(messages, add_generation_prompt=ask, tokenize=True, return_dict=False)
            expected.append({
                "messages": [{"role": role, "parts": parts} for role, parts in conversation],
                "whole": ids(messages, False),
                "prompt": ids(messages[:-1], True),
            })
        (target / "expected.json").write_text(json.dumps(
            {"versions": {"transformers": transformers.__version__}, "conversations": expected}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
