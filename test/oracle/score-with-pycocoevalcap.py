"""Scores a COCO captions file and a COCO results file with pycocoevalcap and prints JSON: the oracle of the caption metrics.

Needs Java, and `pip install pycocoevalcap` in a virtual environment of its own:

    python score-with-pycocoevalcap.py REFERENCES.json RESULTS.json [--each-alone] > oracle.json

By default captions are tokenised all together, as the package does; a caption's tokens may then depend on the next caption.
With --each-alone a blank-separating guard line follows every caption, so that each is tokenised on its own, as ours are.
"""
import contextlib
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pycocoevalcap.tokenizer.ptbtokenizer as ptb
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge


def tokenize_alone(captions):
    """PTBTokenizer.tokenize with a guard line of lower-case text after every caption."""
    keys = [key for key, values in captions.items() for _ in values]
    texts = [value["caption"].replace("\n", " ") for values in captions.values() for value in values]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf8", delete=False) as file:
        file.write("".join(text + "\n" + "guard\n" for text in texts))
    jar = Path(ptb.__file__).parent / ptb.STANFORD_CORENLP_3_4_1_JAR
    command = ["java", "-Dfile.encoding=UTF-8", "-cp", str(jar), "edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", "-lowerCase"]
    lines = subprocess.run(command + [file.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout.decode("utf8").split("\n")
    result = defaultdict(list)
    for key, line in zip(keys, lines[::2]):
        result[key].append(" ".join(word for word in line.rstrip().split(" ") if word not in ptb.PUNCTUATIONS))
    return result


def main():
    references_file, results_file, *flags = sys.argv[1:]
    with open(references_file, encoding="utf8") as file:
        annotations = json.load(file)["annotations"]
    with open(results_file, encoding="utf8") as file:
        results = json.load(file)
    references = defaultdict(list)
    for annotation in annotations:
        references[annotation["image_id"]].append({"caption": annotation["caption"]})
    candidates = {result["image_id"]: [{"caption": result["caption"]}] for result in results}
    references = {image: references[image] for image in candidates}
    tokenize = tokenize_alone if "--each-alone" in flags else ptb.PTBTokenizer().tokenize
    with contextlib.redirect_stdout(sys.stderr):
        references, candidates = tokenize(references), tokenize(candidates)
        scores = {}
        cider, cider_each = Cider().compute_score(references, candidates)
        scores["CIDEr-D"] = (cider, list(cider_each))
        bleu, bleu_each = Bleu(4).compute_score(references, candidates)
        for order in range(4):
            scores[f"BLEU-{order + 1}"] = (bleu[order], bleu_each[order])
        rouge, rouge_each = Rouge().compute_score(references, candidates)
        scores["ROUGE-L"] = (rouge, list(rouge_each))
    images = list(references)
    json.dump({name: {"score": float(score), "perImage": {str(image): float(value) for image, value in zip(images, each)}} for name, (score, each) in scores.items()}, sys.stdout)


if __name__ == "__main__":
    main()
