# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes `fixture/tiny`: a sentence model with random weights, exported as published models are, to test that others than the
shipped one can be used. Needs torch and transformers besides `requirements.txt`: `tiny.py`."""

import json
import pathlib

import torch
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel

FOLDER = pathlib.Path(__file__).parent.parent / "fixture/tiny"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *".,!?'-", *("##" + c for c in LETTERS)]
WORDS += ["the", "dog", "cat", "train", "river", "walk", "is", "my", "##ing"]
LONGEST = 40
TEXTS = ["My dog is walking!", "", "The cat; the river, the train 7.", "a very long story " * 20]


class Encoder(torch.nn.Module):
    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask, token_type_ids):
        # As in the exports that are published: what is masked is made very small.
        mask = (1 - attention_mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        return self.bert(input_ids, mask, token_type_ids).last_hidden_state


def main():
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=LONGEST,
        attn_implementation="eager",
    )
    encoder = Encoder(BertModel(config, add_pooling_layer=False)).eval()
    for parameter in encoder.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    (FOLDER / "1_Pooling").mkdir(parents=True, exist_ok=True)
    (FOLDER / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (FOLDER / "config.json").write_text(json.dumps({"hidden_size": 32, "max_position_embeddings": LONGEST}) + "\n")
    pooling = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    (FOLDER / "1_Pooling/config.json").write_text(json.dumps(pooling) + "\n")

    tokenizer = BertWordPieceTokenizer(str(FOLDER / "vocab.txt"), lowercase=True)
    tokenizer.enable_truncation(LONGEST)
    expected = []
    for text in TEXTS:
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.no_grad():
            tokens = encoder(ids, torch.ones_like(ids), torch.zeros_like(ids))[0]
        unit = lambda vector: [round(float(number), 6) for number in vector / vector.norm()]
        expected.append({"text": text, "mean": unit(tokens.mean(0)), "first": unit(tokens[0])})
    (FOLDER / "expected.json").write_text("[\n" + ",\n".join(map(json.dumps, expected)) + "\n]\n")

    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "sequence"} for name in [*names, "last_hidden_state"]}
    torch.onnx.export(
        encoder,
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        FOLDER / "model.onnx",
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    main()
