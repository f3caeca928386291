"""
Loads models that were read and written again, and compares their logits with those of the original, both by `transformers`.

    python test/oracle/check-round-trip.py test/fixtures/hugging-face FOLDER/round-trip
"""
import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText


def main(originals, written):
    for folder in sorted(Path(written).iterdir()):
        original = Path(originals) / folder.name
        model, info = AutoModelForImageTextToText.from_pretrained(folder, output_loading_info=True)
        info = {key: sorted(map(str, value)) for key, value in info.items() if value}
        assert not info, info
        expected = load_file(original / "expected.safetensors")
        samples = json.loads((original / "expected.json").read_text())["samples"]
        pixels = expected["pixels"].permute(0, 3, 1, 2)
        first, rows = 0, []
        for ids in samples:
            images = ids.count(model.config.image_token_index if hasattr(model.config, "image_token_index") else model.config.image_token_id) // 4
            with torch.no_grad():
                rows.append(model.eval()(input_ids=torch.tensor([ids]), pixel_values=pixels[first : first + images]).logits[0])
            first += images
        difference = (torch.cat(rows) - expected["logits.right"]).abs().max().item()
        print(transformers.__version__, folder.name, "largest difference of a logit", difference)
        assert difference < 1e-4


if __name__ == "__main__":
    main(*sys.argv[1:])
