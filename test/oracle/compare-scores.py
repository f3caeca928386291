"""Compares the oracle's scores with ours: largest difference per metric, corpus and per image.

    python compare-scores.py ORACLE.json OURS.json OURS-PER-IMAGE.csv
"""
import csv
import json
import sys


def main():
    oracle_file, ours_file, per_image_file = sys.argv[1:]
    with open(oracle_file, encoding="utf8") as file:
        oracle = json.load(file)
    with open(ours_file, encoding="utf8") as file:
        ours = json.load(file)["metrics"]
    with open(per_image_file, encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    for metric, expected in oracle.items():
        corpus = abs(ours[metric]["score"] - expected["score"])
        each = [abs(float(row[metric]) - expected["perImage"][row["image_id"]]) for row in rows]
        different = sum(difference > 1e-9 for difference in each)
        print(f"{metric}: corpus {ours[metric]['score']:.12f}, difference {corpus:.2e}; per image at most {max(each):.2e}, {different} of {len(each)} above 1e-9")


if __name__ == "__main__":
    main()
