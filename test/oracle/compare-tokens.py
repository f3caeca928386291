"""Compares two token files line by line, with and without the punctuation that the COCO evaluation drops.

    python compare-tokens.py LINES.txt ORACLE-TOKENS.txt OUR-TOKENS.txt [DIFFERENCES-TO-SHOW]

OUR-TOKENS come from `vlm-bench tokenize --ptb --keep-punctuation < LINES.txt`, ORACLE-TOKENS from tokenise-each-line.java.
"""
import sys

PUNCTUATION = {"''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"}


def read(name):
    with open(name, encoding="utf8", newline="\n") as file:
        return file.read().split("\n")


def main():
    lines, oracle, ours = map(read, sys.argv[1:4])
    show = int(sys.argv[4]) if len(sys.argv) > 4 else 10
    count = len(lines) - (lines[-1] == "")
    assert len(oracle) - (oracle[-1] == "") == count and len(ours) - (ours[-1] == "") == count, "the files differ in length"
    exact = filtered = 0
    for line, expected, got in zip(lines[:count], oracle, ours):
        if expected == got:
            exact += 1
        if [word for word in expected.split(" ") if word not in PUNCTUATION] == [word for word in got.split(" ") if word not in PUNCTUATION]:
            filtered += 1
        elif show > 0:
            show -= 1
            print(f"line   {line}\noracle {expected}\nours   {got}")
    print(f"{count} lines: {100 * filtered / count:.3f} % equal without punctuation, {100 * exact / count:.3f} % with it")


if __name__ == "__main__":
    main()
