/** What stands in a folder of graphs beside them, of a run and of a whole model of the hub; what they compute has a test of its own. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExportedRun, exportModel } from '../../../../reference-model/checkpoint/hugging-face/export-model.js';
import { parameterSources } from '../../../../reference-model/checkpoint/load-parameters.js';
import { exportHubOnnx, exportOnnx } from '../../../../reference-model/checkpoint/onnx/export-model.js';
import { integerField, messageField, textField } from '../../../../reference-model/checkpoint/onnx/protobuf.js';
import { loadTokenizer } from '../../../../reference-model/data/tokenizer/load-tokenizer.js';
import { trainTokenizer } from '../../../../reference-model/data/tokenizer/train-tokenizer.js';
import { useBackend } from '../../backends.js';
import { TINY, tinyModel } from '../../model/tiny-model.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-bench-onnx-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

const readJson = (...path: string[]) =>
  JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as Record<string, unknown>;
const made = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};

/** With a tokenizer of its own, as runs on photographs have. */
const VOCABULARY = 280;
let run: ExportedRun;
beforeAll(async () => {
  await useBackend('cpu');
  const tokenizer = join(folder, 'tokenizer.json');
  writeFileSync(tokenizer, JSON.stringify(trainTokenizer(['two dogs in the snow', 'a dog runs'], VOCABULARY)));
  const { config: model, parameters } = tinyModel({ language: { vocabularySize: VOCABULARY } });
  const tensors = parameterSources(parameters);
  const generation = { maximumNewTokens: 5, beamWidth: 3 };
  run = { model, mask: 'visual-bidirectional', tokenizer, generation, tensors, file: 'f', facts: { run: 'r' } };
});

const GRAPHS = ['decoder_model_merged', 'embed_tokens', 'vision_encoder'];

describe('a run as graphs', () => {
  it('has the files that transformers.js asks for', () => {
    exportOnnx(made('run'), run, () => 'card', { quantised: 'q8' });
    expect(readdirSync(join(folder, 'run')).sort()).toEqual([
      'README.md',
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'onnx',
      'preprocessor_config.json',
      'processor_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const graphs = GRAPHS.flatMap((name) => [`${name}.onnx`, `${name}_quantized.onnx`]);
    expect(readdirSync(join(folder, 'run', 'onnx')).sort()).toEqual(graphs);
    const config = readJson('run', 'config.json');
    expect(config).toMatchObject({ model_type: 'llava', image_token_index: 1, image_seq_length: 4 });
    expect(config).not.toHaveProperty(['transformers.js_config']);
    expect(config.vlm_bench).toEqual({ run: 'r', attention_mask: 'visual-bidirectional' });
    // Four of sixteen patches are one token: what the processor counts, less twelve.
    expect(readJson('run', 'processor_config.json')).toMatchObject({ patch_size: 2, num_additional_image_tokens: -12 });
  });

  it('has the tokenizer that it trained, and the template where transformers.js looks for it', () => {
    expect(readJson('run', 'tokenizer.json')).toEqual(JSON.parse(readFileSync(run.tokenizer!, 'utf8')));
    const config = readJson('run', 'tokenizer_config.json');
    expect(config.chat_template).toBe(readFileSync(join(folder, 'run', 'chat_template.jinja'), 'utf8'));
    // Any text is made of bytes.
    expect(config).not.toHaveProperty('unk_token');
    const { special } = loadTokenizer(run.tokenizer!);
    expect(readJson('run', 'generation_config.json')).toMatchObject({ eos_token_id: special.end });
  });

  it('says where weights lie in files of their own, in all of which no tensor is lost', () => {
    exportOnnx(made('large'), { ...run, mask: 'causal' }, () => 'card', { fileBytes: 6000 });
    const { use_external_data_format: files } = readJson('large', 'config.json')['transformers.js_config'] as {
      readonly use_external_data_format: Readonly<Record<string, number>>;
    };
    const present = readdirSync(join(folder, 'large', 'onnx')).filter((name) => name.includes('.onnx_data'));
    expect(Object.keys(files)).toContain('decoder_model_merged.onnx');
    expect(Object.values(files).reduce((sum, count) => sum + count, 0)).toBe(present.length);
    for (const name of GRAPHS.filter((graph) => !(`${graph}.onnx` in files))) {
      expect(existsSync(join(folder, 'large', 'onnx', `${name}.onnx_data`))).toBe(false);
    }
  });

  it('is refused where the tokenizer is of another model, before anything is written', () => {
    const other = { ...run, model: { ...run.model, language: { ...run.model.language, vocabularySize: 300 } } };
    const target = made('other');
    expect(() => exportOnnx(target, { ...other, mask: 'causal' }, () => 'card')).toThrow(
      'the tokenizer has 280 tokens, and the model 300',
    );
    expect(readdirSync(target)).toEqual([]);
  });
});

describe('a whole model of the hub as graphs', () => {
  it('keeps the files that it is asked through', () => {
    const model = {
      ...TINY,
      connector: { pixelShuffle: 1 },
      language: { ...TINY.language, vocabularySize: VOCABULARY },
    };
    const { parameters } = tinyModel({ config: model });
    exportModel(made('hub'), { ...run, model, tensors: parameterSources(parameters) }, () => 'card');
    // Published models leave out what has a default, which transformers.js does not know.
    const whole = readJson('hub', 'config.json') as { readonly text_config: { readonly rms_norm_eps: number } };
    const { rms_norm_eps: _, ...text } = whole.text_config;
    writeFileSync(join(folder, 'hub', 'config.json'), JSON.stringify({ ...whole, text_config: text }));
    exportHubOnnx(made('from-hub'), join(folder, 'hub'), { quantised: 'int8' });
    expect(readJson('from-hub', 'config.json')).toEqual(whole);
    for (const name of ['tokenizer.json', 'preprocessor_config.json', 'generation_config.json']) {
      expect(readJson('from-hub', name)).toEqual(readJson('hub', name));
    }
    const template = readFileSync(join(folder, 'hub', 'chat_template.jinja'), 'utf8');
    expect(readJson('from-hub', 'tokenizer_config.json')).toEqual({
      ...readJson('hub', 'tokenizer_config.json'),
      chat_template: template,
    });
    expect(readdirSync(join(folder, 'from-hub', 'onnx')).sort()).toEqual(
      GRAPHS.flatMap((name) => [`${name}.onnx`, `${name}_int8.onnx`]),
    );
  });
});

describe('a tokenizer that is not implemented here', () => {
  const withTokenizer = (name: string, tokenizer: unknown): (() => void) => {
    const source = join(folder, name);
    cpSync(join(folder, 'hub'), source, { recursive: true });
    writeFileSync(join(source, 'tokenizer.json'), JSON.stringify(tokenizer));
    return () => exportHubOnnx(made(`${name}-out`), source);
  };
  const added = (id: number) => [{ id, content: '<x>', special: true }];

  it.each([
    ['of another kind', { model: { type: 'Other', vocab: { a: VOCABULARY - 1 } } }],
    ['whose ids are places', { model: { type: 'Other', vocab: new Array(VOCABULARY).fill(['a', 0]) } }],
    ['of another form', { model: { type: 'Other', vocab: 'elsewhere' }, added_tokens: 'none' }],
  ])('is copied: %s', (name, tokenizer) => {
    withTokenizer(name, tokenizer)();
    expect(readJson(`${name}-out`, 'tokenizer.json')).toEqual(tokenizer);
  });

  it.each([
    ['a', { model: { vocab: { a: VOCABULARY } } }],
    ['b', { model: { vocab: new Array(VOCABULARY + 1).fill(['a', 0]) } }],
    ['c', { model: { vocab: {} }, added_tokens: added(VOCABULARY) }],
  ])('is refused where it has a token without a row: %s', (name, tokenizer) => {
    expect(withTokenizer(`large-${name}`, tokenizer)).toThrow(`the tokenizer has ${VOCABULARY + 1} tokens`);
  });
});

describe('the encoding of messages', () => {
  const bytes = ({ pieces }: ReturnType<typeof integerField>): number[] => [...pieces()].flatMap((piece) => [...piece]);

  it('is that of the examples of its specification', () => {
    // protobuf.dev/programming-guides/encoding: a field 1 of 150, a field 2 of "testing", a negative number in ten bytes.
    expect(bytes(integerField(1, 150))).toEqual([0x08, 0x96, 0x01]);
    expect(bytes(textField(2, 'testing'))).toEqual([0x12, 0x07, ...Buffer.from('testing')]);
    expect(bytes(messageField(3, integerField(1, 150)))).toEqual([0x1a, 0x03, 0x08, 0x96, 0x01]);
    expect(bytes(integerField(1, -2))).toEqual([0x08, 0xfe, ...new Array(8).fill(0xff), 0x01]);
  });

  it('promises the size that it has', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        (field, value) => {
          const message = messageField(field, integerField(field, value));
          expect(message.size).toBe(bytes(message).length);
        },
      ),
    );
  });
});
