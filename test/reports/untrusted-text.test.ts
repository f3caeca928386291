import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeImageData, safeRecordLink, safeWebAddress } from '../../reports/safe-links.js';
import { cutText, escapeMarkup, printableText, singleLineText } from '../../reports/untrusted-text.js';

describe('untrusted text', () => {
  it('cuts between code points and counts what it leaves out', () => {
    expect(cutText('a😀b😀', 2)).toEqual({ shown: 'a😀', omitted: 2 });
    expect(cutText('short', 5)).toEqual({ shown: 'short', omitted: 0 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, limit) => {
        const { shown, omitted } = cutText(text, limit);
        expect(text.startsWith(shown)).toBe(true);
        expect([...shown].length + omitted).toBe([...text].length);
      }),
    );
  });

  it('replaces control characters, lone surrogates and noncharacters, and keeps line feeds', () => {
    expect(printableText('a\u0000b\u001b[31m\u0085\ud800\uffff')).toBe('a\ufffdb\ufffd[31m\ufffd\ufffd\ufffd');
    expect(printableText('one\r\ntwo\rthree\tfour')).toBe('one\ntwo\nthree\tfour');
    expect(printableText('naïve 😀 日本')).toBe('naïve 😀 日本');
  });

  it('spells out direction controls where they cannot be isolated', () => {
    expect(singleLineText('a\u202Egnp.exe')).toBe('a[U+202E]gnp.exe');
    expect(singleLineText('x'.repeat(50), 10)).toBe(`${'x'.repeat(10)}…`);
  });

  it('escapes everything that could end an element or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeMarkup(text)).not.toMatch(/[<>"'`=]|&(?!#\d+;)/);
      }),
    );
  });
});

describe('addresses in a page', () => {
  it.each([
    ['runs/ab12/result.json', 'runs/ab12/result.json'],
    ['../runs/ab12/result.json', '../runs/ab12/result.json'],
    ['../../my results/runs/ab12/events.jsonl', '../../my%20results/runs/ab12/events.jsonl'],
    ['Ergebnisse für später/x.json', 'Ergebnisse%20f%C3%BCr%20sp%C3%A4ter/x.json'],
  ])('links %s', (path, href) => {
    expect(safeRecordLink(path)).toBe(href);
  });

  it.each([
    '',
    '/etc/passwd',
    '//host.example/x',
    '../secret',
    '../../etc/passwd',
    '../runs/../../secret/x',
    '../runs/ab12',
    './x',
    'runs//x',
    'runs/../../secret',
    'runs/..',
    'javascript:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,x',
    'https://host.example/',
    'runs\\..\\x',
    'runs/%2e%2e/x',
    'a\u202eb',
    'a?b',
    'a#b',
    'runs/"onclick="x',
    'x'.repeat(2000),
  ])('does not link %j', (path) => {
    expect(safeRecordLink(path)).toBeUndefined();
  });

  it('links web pages only over http and https, without credentials', () => {
    expect(safeWebAddress('https://arxiv.org/abs/2503.19508')).toBe('https://arxiv.org/abs/2503.19508');
    for (const url of [
      'javascript:alert(1)',
      ' javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'arxiv.org',
      'https://user:secret@host.example/',
    ]) {
      expect(safeWebAddress(url)).toBeUndefined();
    }
  });

  it('shows PNG and JPEG data only', () => {
    expect(safeImageData('data:image/png;base64,iVBORw0KGgo=')).toBe('data:image/png;base64,iVBORw0KGgo=');
    for (const url of [
      'data:image/svg+xml;base64,PHN2Zz4=',
      'data:text/html;base64,PGI+',
      'https://host.example/x.png',
      'data:image/png;base64,"><img onerror=x>',
      'data:image/png;base64,',
    ]) {
      expect(safeImageData(url)).toBeUndefined();
    }
  });
});
