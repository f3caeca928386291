/** The program that the README shows: it answers a benchmark as it stands there, with `transformers` where it is installed, else a stand-in. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { runCommand } from '../../e2e/command.js';
import { newFolder } from '../systems/system-files.js';
import { captionData } from './small-data.js';

const [, example = ''] = /^```python\n([\s\S]*?)^```$/m.exec(readFileSync('README.md', 'utf8')) ?? [];
const hasPython = (await execa('python3', ['--version'], { reject: false })).exitCode === 0;

/** As much of the libraries as the example touches, over lists of numbers: the answer tells the size of the image and the words asked. */
const standIns: Readonly<Record<string, string>> = {
  'torch.py': `
class Tensor(list):
    shape = property(lambda self: (1, len(self[0])) if isinstance(self[0], list) else (len(self),))
    def flatten(self): return self
    def cpu(self): return self
    def to(self, device): return self
    def any(self): return any(self)
    def __eq__(self, other): return Tensor(item == other for item in self)
    def __getitem__(self, key):
        if isinstance(key, tuple): return Tensor(list.__getitem__(self, key[0])[key[1]])
        return list.__getitem__(self, key)
def tensor(value): return Tensor(value if isinstance(value, list) else [value])
class cuda:
    is_available = staticmethod(lambda: False)
class inference_mode:
    def __enter__(self): pass
    def __exit__(self, *error): pass
`,
  'PIL/__init__.py': '',
  'PIL/Image.py': `
import struct
class Picture:
    def __init__(self, file):
        with open(file, "rb") as opened: self.size = struct.unpack(">II", opened.read(24)[16:])
    def convert(self, mode):
        assert mode == "RGB"
        return self
import builtins
def open(file, mode=None): return builtins.open(file, mode) if mode else Picture(file)
`,
  'transformers.py': `
import torch
class Inputs(dict):
    def to(self, device): return self
class Processor:
    def apply_chat_template(self, messages, add_generation_prompt):
        assert add_generation_prompt and [part["type"] for part in messages[0]["content"]] == ["image", "text"]
        return messages[0]["content"][1]["text"]
    def __call__(self, images, text, return_tensors):
        assert return_tensors == "pt"
        return Inputs(input_ids=torch.Tensor([[*images.size, len(text)]]))
    def decode(self, tokens, skip_special_tokens):
        assert skip_special_tokens
        return " ".join(str(token) for token in tokens if token != 0)
class Model:
    class generation_config: eos_token_id = 0
    def to(self, device): return self
    def eval(self): return self
    def generate(self, input_ids, do_sample, max_new_tokens):
        assert not do_sample
        return torch.Tensor([input_ids[0] + (input_ids[0] + [0])[:max_new_tokens]])
class AutoProcessor:
    from_pretrained = staticmethod(lambda name: Processor())
class AutoModelForImageTextToText:
    from_pretrained = staticmethod(lambda name: Model())
`,
};

test.skipIf(!hasPython)('the example of the README answers a benchmark', async () => {
  expect(example.split('\n').length).toBeLessThanOrEqual(32);
  const folder = newFolder();
  writeFileSync(join(folder, 'answer.py'), example);
  mkdirSync(join(folder, 'PIL'));
  // Beside the program, where Python looks first.
  for (const [name, text] of Object.entries(standIns)) writeFileSync(join(folder, name), text);
  await captionData(join(folder, 'data'), 5);
  const { exitCode, stdout, stderr } = await runCommand(
    [
      'evaluate',
      'flickr8k-caption',
      '--data-root',
      'data',
      '--model',
      'command:python3 answer.py some/model',
      '--json',
    ],
    folder,
  );
  expect(stderr).not.toContain('failed');
  expect(exitCode).toBe(0);
  const record = JSON.parse(stdout);
  const prompt = record.benchmark.prompt as string;
  expect(record).toMatchObject({
    status: 'complete',
    outcomes: { text: 5 },
    tokens: { answers: 5, prompt: 15, completion: 20 },
  });
  const lines = readFileSync(join(folder, record.folder, 'answers.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  // Pictures of 12 × 10 pixels, and the length of the prompt.
  for (const line of lines) expect(JSON.parse(line).caption).toBe(`12 10 ${prompt.length}`);
});
