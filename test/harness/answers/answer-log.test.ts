/** The log of answers: what is read back after a crash at any byte, and which outcome of a key counts. */
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AnswerRequest, Outcome } from '../../../harness/answerers/answerer.js';
import { AnswerLog, AnswerLogs, answerKey } from '../../../harness/answers/answer-log.js';
import { newFolder } from '../systems/system-files.js';

const model = { kind: 'command', name: 'a model' } as const;
const owner = { benchmark: 'b@1', model, reported: null };
const said = (text: string): Outcome => ({ kind: 'text', text, finish: 'stop' });
const failed: Outcome = { kind: 'failed', reason: 'no' };
let files = 0;
const newFile = (): string => join(newFolder(), `log-${files++}.jsonl`);

test('after a crash at any byte the answers before it are there, and the next one is whole', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(texts, fc.double({ min: 0, max: 1, noNaN: true }), (answers, share) => {
      const file = newFile();
      const log = new AnswerLog(file, owner);
      const sizes = [0];
      for (const [index, text] of answers.entries()) {
        log.append(`k${index}`, `${index}`, said(text));
        sizes.push(readFileSync(file).length);
      }
      log.close();
      const header = readFileSync(file).indexOf(0x0a) + 1;
      const cut = header + Math.round(share * (sizes.at(-1)! - header));
      truncateSync(file, cut);
      const again = new AnswerLog(file, owner);
      const whole = sizes.slice(1).filter((size) => size <= cut).length;
      answers.forEach((text, index) => {
        expect(again.get(`k${index}`)).toEqual(index < whole ? said(text) : undefined);
      });
      again.append('next', 'n', said('next'));
      again.close();
      const last = new AnswerLog(file, owner);
      expect(last.get('next')).toEqual(said('next'));
      expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(whole + 2);
    }),
    { numRuns: 30 },
  );
});

test('a failure gives way to an answer, and an answer never to a failure', () => {
  const file = newFile();
  const log = new AnswerLog(file, owner);
  log.append('k', '1', failed);
  expect(log.get('k')).toEqual(failed);
  log.append('k', '1', said('yes'));
  log.append('k', '1', failed);
  log.append('r', '2', { kind: 'refused', said: 'no' });
  log.close();
  const again = new AnswerLog(file, owner);
  expect([again.get('k'), again.get('r')?.kind]).toEqual([said('yes'), 'refused']);
});

test('a damaged line is named', () => {
  const file = newFile();
  const log = new AnswerLog(file, owner);
  log.append('k', '1', said('yes'));
  log.close();
  writeFileSync(file, readFileSync(file, 'utf8').replace('"outcome"', '"outcom"'));
  expect(() => new AnswerLog(file, owner)).toThrow(`${file}:2`);
});

describe('a key', () => {
  const request: AnswerRequest = {
    id: '1',
    image: { imageId: 'i', sha256: 'a', stored: { kind: 'encoded', bytes: new Uint8Array() } },
    messages: [{ role: 'user', text: 'what?' }],
    decoding: { strategy: 'greedy', maximumTokens: 8 },
  };
  const key = answerKey('b@1', request);

  test.each<[string, string, AnswerRequest, number]>([
    ['another version of the benchmark', 'b@2', request, 0],
    ['other bytes of the image', 'b@1', { ...request, image: { ...request.image, sha256: 'b' } }, 0],
    ['another prompt', 'b@1', { ...request, messages: [{ role: 'user', text: 'what? ' }] }, 0],
    ['another decoding', 'b@1', { ...request, decoding: { strategy: 'greedy', maximumTokens: 9 } }, 0],
    ['another item', 'b@1', { ...request, id: '2' }, 0],
    ['another repetition', 'b@1', request, 1],
  ])('is another one for %s', (_, benchmark, changed, repetition) => {
    expect(answerKey(benchmark, changed, repetition)).not.toBe(key);
    expect(answerKey('b@1', { ...request })).toBe(key);
  });
});

test('each version of a model has a log of its own, and the last one used goes on', () => {
  const folder = newFolder();
  const logs = new AnswerLogs(folder, 'b@1', model);
  logs.append('k', '1', { ...said('one'), version: 'v1' });
  logs.append('k', '1', { ...said('two'), version: 'v2' });
  // Who says nothing is taken for who spoke last.
  logs.append('l', '2', said('three'));
  logs.close();
  const again = new AnswerLogs(folder, 'b@1', model);
  expect(again.current.owner.reported).toBe('v2');
  expect([again.current.get('k'), again.current.get('l')]).toEqual([{ ...said('two'), version: 'v2' }, said('three')]);
  expect(readdirSync(folder).filter((name) => name.endsWith('.jsonl'))).toHaveLength(2);
  expect(new AnswerLogs(folder, 'b@1', { ...model, name: 'another' }).current.get('k')).toBeUndefined();
});
