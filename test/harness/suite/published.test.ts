import { describe, expect, test } from 'vitest';
import { publishedTableIds, readPublishedTables } from '../../../harness/suite/published.js';

const tables = readPublishedTables();

describe('published reference numbers', () => {
  test('state a source with a web address, a setting and at least one number in every row', () => {
    expect(tables.flatMap(({ rows }) => rows).length).toBeGreaterThan(20);
    for (const { rows, columns } of tables) {
      for (const { source, setting, values } of rows) {
        expect(source.citation).not.toBe('');
        expect(new URL(source.url).protocol).toBe('https:');
        expect(setting).not.toBe('');
        expect(Object.keys(values).length).toBeGreaterThan(0);
        for (const [column, value] of Object.entries(values)) {
          expect(Object.keys(columns)).toContain(column);
          expect(value).toMatch(/^[+−-]?\d+(?:\.\d+)?$/);
        }
      }
    }
  });

  test('say at every VILA row that there is no captioning score of VILA-13B', () => {
    const rows = tables.flatMap(({ rows }) => rows).filter(({ model }) => model.startsWith('VILA'));
    expect(rows.length).toBe(2);
    for (const { caveat, model } of rows) {
      expect(model).toBe('VILA-7B');
      expect(caveat).toContain('gives no captioning score for VILA-13B');
    }
  });

  test('are found by their ids, in the order asked for', () => {
    const ids = [...publishedTableIds()].reverse();
    expect(readPublishedTables(ids).map(({ id }) => id)).toEqual(ids);
    expect(readPublishedTables([])).toEqual([]);
  });

  test('that are not there are one clear error', () => {
    expect(() => readPublishedTables(['pathvga'])).toThrow(
      [
        'error: there is no published table "pathvga"',
        '  expected: one of caption-cider, visual-mask, pathvqa',
        '  fix:      did you mean "pathvqa"?',
      ].join('\n'),
    );
    expect(() => readPublishedTables(['constructor'])).toThrow('there is no published table "constructor"');
  });
});
