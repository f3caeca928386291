/** Templates and tokenizers of a folder are not trusted: what would never end, or take all memory, ends in one clear error. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { BoundedTemplate } from '../../../../reference-model/data/chat/bounded-template.js';
import { Conversations } from '../../../../reference-model/data/chat/conversation.js';
import { openHubTokenizer } from '../../../../reference-model/data/chat/hub-tokenizer.js';
import { withinTime } from '../../../../reference-model/data/chat/time-limit.js';
import { InputError } from '../../../../reference-model/files/input-error.js';

const root = mkdtempSync(join(tmpdir(), 'vlm-bench-untrusted-'));
afterAll(() => rmSync(root, { recursive: true }));

const prompt = [
  { role: 'user', parts: [{ kind: 'text', text: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab' }] },
] as const;

function folderWith(change: (folder: string) => void): string {
  const folder = join(mkdtempSync(join(root, 'chat-')), 'model');
  cpSync('test/fixtures/chat/text', folder, { recursive: true });
  change(folder);
  return folder;
}

const ask = (folder: string) =>
  new Conversations(openHubTokenizer(folder), { imageText: '<image>', visualTokensPerImage: 1 }).prompt(prompt, 'c');

const loop = (times: number, depth: number, inner: string): string =>
  depth === 0 ? inner : `{% for i${depth} in range(${times}) %}${loop(times, depth - 1, inner)}{% endfor %}`;

describe('a chat template', () => {
  test.each([
    ['loops within loops', loop(9999, 4, '{% set x = 1 %}')],
    ['a range without end', loop(1e12, 1, 'x')],
    ['a range of steps that lead nowhere', '{% for i in range(0, 5, 0) %}x{% endfor %}'],
    ['a list that doubles', `{% set ns = namespace(a=[1]) %}${loop(60, 1, '{% set ns.a = ns.a + ns.a %}')}{{ ns.a }}`],
    ['a text that doubles', `{% set ns = namespace(a='x') %}${loop(60, 1, '{% set ns.a = ns.a ~ ns.a %}')}{{ ns.a }}`],
    ['a macro that calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
  ])('with %s is refused', (_, template) => {
    const folder = folderWith((model) => writeFileSync(join(model, 'chat_template.jinja'), template));
    const asking = () => ask(folder);
    expect(asking).toThrow(InputError);
    expect(asking).toThrow(/the chat template/);
  });

  test('that is longer than any is not read, and one that asks for the date gets none', () => {
    const folder = folderWith((model) => writeFileSync(join(model, 'chat_template.jinja'), 'x'.repeat(2_000_000)));
    expect(() => ask(folder)).toThrow(/longer than 1000000 characters/);
    const dated = "{% if strftime_now is defined %}{{ strftime_now('%d') }}{% else %}any day{% endif %}";
    expect(new BoundedTemplate(dated).render({})).toBe('any day');
  });

  test('counts as Python does, and loops as often as a long conversation needs', () => {
    const rendered = new BoundedTemplate(
      '{{ range(3) | list }}{{ range(2, 9, 3) | list }}{{ range(3, 0, -1) | list }}',
    );
    expect(rendered.render({})).toBe('[0, 1, 2][2, 5, 8][3, 2, 1]');
    const messages = Array.from({ length: 500 }, (_, i) => ({ role: 'user', content: `text ${i} `.repeat(50) }));
    const each = new BoundedTemplate('{% for m in messages %}{{ m.role + m.content }}{% endfor %}');
    expect(each.render({ messages })).toHaveLength(
      messages.reduce((sum, { role, content }) => sum + role.length + content.length, 0),
    );
  });
});

describe('a tokenizer', () => {
  test('whose pattern backtracks for ever is stopped', { timeout: 60_000 }, () => {
    const folder = folderWith((model) => {
      const file = join(model, 'tokenizer.json');
      const content = JSON.parse(readFileSync(file, 'utf8'));
      content.pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
      writeFileSync(file, JSON.stringify(content));
    });
    expect(() => ask(folder)).toThrow(/does not end: it was stopped after 10 s/);
  });
});

describe('a limit of time', () => {
  const limit = { what: 'it', where: 'here', milliseconds: 200 };

  test('gives what the work gives or throws, also within another, and can be used again after it ran out', () => {
    expect(withinTime(() => withinTime(() => 7, limit), limit)).toBe(7);
    expect(() =>
      withinTime(() => {
        throw new RangeError('mine');
      }, limit),
    ).toThrow(RangeError);
    const endless = () => {
      for (;;);
    };
    expect(() => withinTime(() => withinTime(endless, limit), limit)).toThrow(
      /it does not end: it was stopped after 0\.2 s/,
    );
    expect(withinTime(() => 8, limit)).toBe(8);
  });
});
