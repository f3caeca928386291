import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { suiteJsonSchema } from '../../../harness/suite/json-schema.js';
import { tinySuite } from '../../e2e/command.js';
import { violations } from './json-schema-checker.js';

const root = dirname(createRequire(import.meta.url).resolve('#package/package.json'));
const schema = suiteJsonSchema();
const tiny = readFileSync(tinySuite, 'utf8');
const shipped = readdirSync(join(root, 'suites')).filter((name) => name.startsWith('finding-'));
const textOf = (name: string) => readFileSync(join(root, 'suites', name), 'utf8');

describe('the JSON Schema of suites', () => {
  test.each(shipped)('accepts suites/%s, which extends another', (name) => {
    expect(parse(textOf(name)).extends).toBeTruthy();
    expect(violations(schema, parse(textOf(name)))).toEqual([]);
  });

  test('accepts a suite that stands alone', () => {
    expect(violations(schema, parse(tiny))).toEqual([]);
  });

  test.each([
    [
      'an unknown key',
      'batchSize: 8',
      'batchSise: 8',
      ['/scales/embedded/recipe/batchSise unknown', '/scales/embedded/recipe/batchSize required'],
    ],
    ['text for a number', 'batchSize: 8', 'batchSize: eight', ['/scales/embedded/recipe/batchSize type']],
    ['a fraction', 'batchSize: 8', 'batchSize: 8.5', ['/scales/embedded/recipe/batchSize type']],
    ['an unknown choice', 'split: test', 'split: tset', ['/scales/embedded/evaluation/split enum']],
    ['a missing key', 'title: No attention mask on visual inputs, in twelve steps\n', '', ['/title required']],
    ['a hypothesis that is none', 'test: paired', 'test: pairs', ['/hypotheses/0 oneOf']],
    ['an unknown data set', '  easy-vqa:\n', '  easy-qva:\n', ['/data/easy-qva enum']],
    ['the schema of another version', 'schemaVersion: 2', 'schemaVersion: 1', ['/schemaVersion const']],
  ])('refuses %s', (_, original, replacement, broken) => {
    expect(tiny).toContain(original);
    const found = violations(schema, parse(tiny.replace(original, replacement)));
    for (const place of broken) expect(found).toContain(place);
  });

  test('lets a suite that extends another leave out, and remove with null, but not misspell', () => {
    const child = { extends: 'base', id: 'child' };
    expect(violations(schema, child)).toEqual([]);
    expect(violations(schema, { ...child, data: { 'easy-vqa': null }, claim: null })).toEqual([]);
    expect(violations(schema, { ...child, scales: { embedded: { recipe: { batchSize: 8 } } } })).toEqual([]);
    expect(violations(schema, { extends: 'base' })).not.toEqual([]);
    expect(violations(schema, { ...child, titel: 'x' })).not.toEqual([]);
    expect(violations(schema, { ...child, scales: { embedded: { recipe: { batchSise: 8 } } } })).not.toEqual([]);
    expect(violations(schema, { ...child, hypotheses: [{ id: 'only', test: 'paired' }] })).not.toEqual([]);
  });

  test('describes the keys that a newcomer asks about', () => {
    const { properties } = schema.else as { properties: Record<string, { description?: string }> };
    for (const key of ['extends', 'hypotheses', 'factors', 'seeds', 'reserveSeeds', 'data', 'smoke', 'published']) {
      expect(properties[key]!.description, key).toBeTruthy();
    }
    expect(properties.scope!.description).toContain('must stand wherever the verdict is quoted');
  });

  test('is what the command prints and what the build leaves for editors', () => {
    const printed = execFileSync(process.execPath, [join(root, 'dist/harness/cli.js'), 'schema'], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(schema);
    expect(readFileSync(join(root, 'dist/suite.schema.json'), 'utf8')).toBe(printed);
  });

  test.each([...shipped, 'base.yaml'])('is named at the top of suites/%s where an editor finds it', (name) => {
    expect(textOf(name).split('\n')[0]).toBe('# yaml-language-server: $schema=../dist/suite.schema.json');
  });
});
