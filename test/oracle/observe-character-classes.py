"""Observes how CoreNLP's PTBTokenizer treats every character from U+0080 to U+FFFF and prints the tables of
metrics/tokenise/ptb/characters.ts: ranges as the distance from the last range's end and the length less one, in base 36.

    python observe-character-classes.py stanford-corenlp-3.4.1.jar
"""
import subprocess
import sys
from pathlib import Path

ALWAYS_LETTERS_IN_WORDS = {0xAD, 0x58A, 0x2010, 0x2011}


def observe(jar, pattern, characters):
    lines = "".join(pattern.replace("§", chr(code)) + "\n" for code in characters)
    oracle = Path(__file__).with_name("tokenise-each-line.java")
    output = subprocess.run(["java", "-cp", jar, str(oracle)], input=lines.encode("utf8"), stdout=subprocess.PIPE, check=True)
    return output.stdout.decode("utf8").split("\n")


def base36(number):
    digits = ""
    while True:
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36] + digits
        number //= 36
        if number == 0:
            return digits


def encode(codes):
    ranges = []
    for code in sorted(codes):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    words, position = [], 0x80
    for first, last in ranges:
        words.append(base36(first - position) + (f"-{base36(last - first)}" if last > first else ""))
        position = last
    return " ".join(words)


def main():
    jar = sys.argv[1]
    characters = [code for code in range(0x80, 0x10000) if not 0xD800 <= code <= 0xDFFF and not chr(code).isspace()]
    columns = [observe(jar, pattern, characters) for pattern in ("a§b", "1§2", "§", "1 1§/2")]
    tables = {"letters": [], "marks": [], "digits": [], "symbols": []}
    for code, in_word, in_number, alone, in_fraction in zip(characters, *columns):
        lower = chr(code).lower()
        if code in ALWAYS_LETTERS_IN_WORDS:
            continue
        if in_word == f"a{lower}b":
            if in_number != f"1{lower}2":
                tables["marks"].append(code)
            elif in_fraction == f"1\u00a01{lower}/2":
                tables["digits"].append(code)
            else:
                tables["letters"].append(code)
        elif alone.strip() and " " not in alone:
            tables["symbols"].append(code)
    for name, codes in tables.items():
        print(f"{name}: {encode(codes)}\n")


if __name__ == "__main__":
    main()
