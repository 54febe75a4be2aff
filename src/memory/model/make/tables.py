# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes `src/memory/tokenizer/tables.rs`: how the reference tokenizer treats single characters. `tables.py FILE`.

The tables are part of the model, like its vocabulary: a newer version of Unicode must not change the tokens of a text.
"""

import pathlib
import sys

from tokenizers import normalizers, pre_tokenizers

EVERY = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)

clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
plain = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
cut = pre_tokenizers.BertPreTokenizer()


def ranges(characters):
    found = []
    for code in map(ord, characters):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table(name, doc, kind, rows):
    lines, line = [], "   "
    for row in rows:
        if len(line) + len(row) + 2 > 110:
            lines.append(line)
            line = "   "
        line += f" {row},"
    lines.append(line)
    return f"\n/// {doc}\n#[rustfmt::skip]\npub(super) const {name}: &[{kind}] = &[\n" + "\n".join(lines) + "\n];\n"


def escaped(text):
    return "".join(f"\\u{{{ord(c):x}}}" for c in text)


def main(file):
    removed = [c for c in EVERY if clean.normalize_str(c) == ""]
    folded = {c: plain.normalize_str(c) for c in EVERY if ord(c) not in HANGUL}
    marks = [c for c, to in folded.items() if to == ""]
    one = [(c, to) for c, to in folded.items() if to not in ("", c) and len(to) == 1]
    more = [(c, to) for c, to in folded.items() if len(to) > 1]
    assert all(len(to) <= 3 for _, to in more), "a character folds into more than three"
    # What Hangul folds into follows from its number.
    for code in HANGUL:
        at = code - 0xAC00
        jamo = chr(0x1100 + at // 588) + chr(0x1161 + at % 588 // 28) + (chr(0x11A7 + at % 28) if at % 28 else "")
        assert plain.normalize_str(chr(code)) == jamo
    punctuation = [c for c in EVERY if len(cut.pre_tokenize_str(f"a{c}a")) == 3]

    pairs = lambda characters: [f"({a:#x}, {b:#x})" for a, b in ranges(characters)]
    text = "// SPDX-License-Identifier: MIT OR Apache-2.0\n"
    text += "//! How the reference tokenizer treats single characters. Written by `model/make/tables.py`.\n"
    text += table("REMOVED", "Control and format characters, and those without a meaning: first and last of each range.", "(u32, u32)", pairs(removed))
    text += table("MARKS", "Marks that are stripped, as accents are: first and last of each range.", "(u32, u32)", pairs(marks))
    text += table("PUNCTUATION", "What stands alone as a token: first and last of each range.", "(u32, u32)", pairs(punctuation))
    text += table("FOLDED", "What is left of a character without its marks, in order.", "(u32, u32)", [f"({ord(c):#x}, {ord(to):#x})" for c, to in one])
    text += table("FOLDED_IN_MORE", "The few of which more than one is left.", "(u32, &str)", [f'({ord(c):#x}, "{escaped(to)}")' for c, to in more])
    pathlib.Path(file).write_text(text)
    print(len(removed), len(marks), len(punctuation), len(one), len(more))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
