/** A baseline file holds what was accepted, diffs by image, and refuses edits by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../harness/errors.js';
import {
  type Baseline,
  baselineText,
  readBaseline,
  referencesOf,
  writeBaseline,
} from '../../../harness/systems/baseline.js';
import { readSystem } from '../../../harness/systems/read-system.js';
import { captionFiles, newFolder, writeIn } from './system-files.js';

const folder = newFolder();
const { references, predictions, images } = captionFiles(folder, 20);

async function baseline(): Promise<Baseline> {
  const system = await readSystem({ paths: [predictions] }, { references });
  const score = system.metrics[0]!.replicates[0]!.score;
  const acceptance = {
    by: 'Ann',
    at: '2026-01-02T03:04:05Z',
    reason: 'the first',
    candidate: 'one',
    metric: 'CIDEr-D',
    score,
  };
  return { system, metric: 'CIDEr-D', margin: { value: 0.02, origin: 'given' }, accepted: [acceptance] };
}

async function messageOf(file: string): Promise<string> {
  const error = await readBaseline(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('a baseline', () => {
  test('is read back as it was written, without the references', async () => {
    const original = await baseline();
    const file = join(folder, 'kept.json');
    writeBaseline(file, original);
    const again = await readBaseline(file);
    expect(again.system.metrics).toEqual(original.system.metrics);
    expect(again.system.items).toEqual(original.system.items.map((item) => ({ ...item, references: [] })));
    expect({ ...again, system: undefined }).toEqual({ ...original, system: undefined });
    expect(baselineText({ ...again, system: { ...again.system, items: original.system.items } })).toBe(
      baselineText(original),
    );
    const fingerprint = referencesOf(original.system.metrics[0]!.signature)!;
    expect(fingerprint).toMatch(/^60@[0-9a-f]{16}$/);
    expect(readFileSync(file, 'utf8')).toContain(`"references": "${fingerprint}"`);
  });

  test('is a system that can be compared with others', async () => {
    const file = join(folder, 'system.json');
    writeBaseline(file, await baseline());
    expect((await readSystem({ paths: [file] })).metrics).toEqual((await baseline()).system.metrics);
  });

  test('changes one line per image, and the lines that sum them up', async () => {
    const before = baselineText(await baseline()).split('\n');
    const [changed, ...rest] = images.map(({ imageId, candidate }) => ({ image_id: imageId, caption: candidate }));
    const other = writeIn(folder, 'other.json', [{ ...changed, caption: 'something else entirely' }, ...rest]);
    const system = await readSystem({ paths: [other] }, { references });
    const after = baselineText({ ...(await baseline()), system }).split('\n');
    expect(after).toHaveLength(before.length);
    const differing = after.filter((line, index) => line !== before[index]);
    expect(differing.filter((line) => line.startsWith('{"id"'))).toHaveLength(1);
    expect(differing.filter((line) => line.startsWith('"checksum"'))).toHaveLength(1);
  });

  test('may be formatted otherwise, but not changed', async () => {
    const text = baselineText(await baseline());
    const pretty = writeIn(folder, 'pretty.json', JSON.stringify(JSON.parse(text), null, 4).replaceAll('\n', '\r\n'));
    expect((await readBaseline(pretty)).margin.value).toBe(0.02);
    const edits: readonly [RegExp, string][] = [
      [/"value":0.02/, '"value":0.5'],
      [/"reason":"the first"/, '"reason":"another"'],
      [/"CIDEr-D":\[[\d.]+\]/, '"CIDEr-D":[9]'],
      [/"texts":\["/, '"texts":["not '],
    ];
    for (const [found, replacement] of edits) {
      expect(text).toMatch(found);
      const file = join(folder, 'edited.json');
      writeFileSync(file, text.replace(found, replacement));
      expect(await messageOf(file)).toContain('its content does not match its checksum');
    }
  });

  test.each<[string, (text: string) => unknown, string]>([
    ['cut short', (text) => text.slice(0, 900), 'the file is not JSON'],
    ['a merge conflict', (text) => text.replace('"images"', '<<<<<<< ours\n"images"'), 'the file is not JSON'],
    ['of another version', (text) => text.replace('baseline 1', 'baseline 2'), 'the file is not a baseline'],
    ['a list of predictions', () => [], 'the file is not a baseline'],
    ['without acceptance', (text) => ({ ...JSON.parse(text), accepted: [] }), 'accepted'],
    ['with an unknown key', (text) => ({ ...JSON.parse(text), extra: 1 }), 'unrecognized key: "extra"'],
    ['with a negative margin', (text) => ({ ...JSON.parse(text), margin: { value: -1, origin: 'x' } }), 'margin.value'],
  ])('%s is refused', async (_, change, message) => {
    const file = writeIn(folder, 'bad.json', change(baselineText(await baseline())));
    expect(await messageOf(file)).toContain(message);
  });

  test('that does not exist is named', async () => {
    expect(await messageOf(join(folder, 'nowhere.json'))).toContain('there is no file');
  });
});
