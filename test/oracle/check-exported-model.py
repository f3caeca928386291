"""
Loads an exported folder with `transformers`, as anybody would, and compares its texts and logits with ours.

    python test/oracle/check-exported-model.py FOLDER EXPECTED.json IMAGE.png

EXPECTED.json and IMAGE.png are what the test of the export keeps where EXPORT_FOLDER says; without them only the loading is checked.
"""
import json
import sys

import torch
import transformers
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor


def main(folder, expected=None, image=None):
    processor = AutoProcessor.from_pretrained(folder)
    model, info = AutoModelForImageTextToText.from_pretrained(folder, output_loading_info=True)
    info = {key: sorted(map(str, value)) for key, value in info.items() if value}
    print(transformers.__version__, type(model).__name__, type(processor).__name__, info or "every weight found, none left over")
    assert not info
    if expected is None:
        return
    model = model.float().eval()
    expected = json.load(open(expected))
    messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": expected["prompt"]}]}]
    text = processor.apply_chat_template(messages, add_generation_prompt=True)
    inputs = processor(images=Image.open(image), text=text, return_tensors="pt")
    print(text, inputs["input_ids"].shape, inputs["pixel_values"].shape)
    if "ids" in expected:
        assert inputs["input_ids"][0].tolist() == expected["ids"], (inputs["input_ids"][0].tolist(), expected["ids"])
    if "pixels" in expected:
        ours = torch.tensor(expected["pixels"]).reshape(inputs["pixel_values"].permute(0, 2, 3, 1).shape)
        print("largest difference of a pixel", (ours - inputs["pixel_values"].permute(0, 2, 3, 1)).abs().max().item())
    if "logits" in expected:
        with torch.no_grad():
            logits = model(**inputs).logits[0, -1]
        difference = (logits - torch.tensor(expected["logits"])).abs().max().item()
        print("largest difference of a logit", difference, "of", logits.abs().max().item())
        assert difference < 1e-3
    for cached in (True, False):
        answer = model.generate(**inputs, use_cache=cached)[0, inputs["input_ids"].shape[1]:]
        said = processor.decode(answer, skip_special_tokens=True)
        print(repr(said))
        assert said.strip() == expected["text"].strip(), expected["text"]


if __name__ == "__main__":
    main(*sys.argv[1:])
