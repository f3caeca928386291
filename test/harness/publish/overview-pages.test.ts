import { describe, expect, test } from 'vitest';
import { boardView, leaderboards } from '../../../harness/publish/leaderboards.js';
import { writeOverviewPages } from '../../../harness/publish/overview-pages.js';
import type { RunFacts } from '../../../harness/publish/run-facts.js';

const RUNS = 10_000;
const long = 'a very long name of something '.repeat(40);

/** Every run a system of its own, with names as long as anything may be. */
const runs = Array.from({ length: RUNS }, (_, index): RunFacts => {
  const runId = index.toString(16).padStart(20, '0');
  return {
    smoke: false,
    runId,
    seed: index,
    system: runId,
    dataSet: { name: long, fingerprint: 'f' },
    split: 'test',
    engine: long,
    packageVersion: '0.1.0',
    finished: 1_700_000_000_000 + index,
    steps: 1,
    tokens: 1,
    parameters: 1,
    weights: 'w',
    scores: { accuracy: { value: index / RUNS, signature: 's', interval: { low: 0, high: 1 }, images: 10 } },
    samples: { images: 10, captions: 0, answers: 10 },
  };
});

describe('the pages over ten thousand runs', () => {
  const pages = new Map<string, string>();
  const write = (path: string, content: string | Uint8Array) => void pages.set(path, String(content));
  const arms = [{ id: 'a', label: long, description: long }];
  const facts = {
    suiteId: 'suite',
    title: long,
    claim: long,
    scope: long,
    source: { citation: long, url: 'https://host.example/' },
    dataSet: long,
    scale: 'embedded',
    smoke: false,
    command: long,
    arms,
    runs: runs.map(({ runId, seed }) => ({ runId, arm: 'a', seed })),
  };
  const suites = Array.from({ length: 70 }, (_, index) => ({
    slug: `suite-${index}`,
    facts: { ...facts, runs: index === 0 ? facts.runs : [] },
  }));
  const membershipsOf = () => [];
  const boards = leaderboards(runs, membershipsOf).map((board) => boardView(board, { letters: {}, comparison: '' }));
  const comparisons = Array.from({ length: 150 }, (_, index) => ({
    title: long,
    sentence: long,
    runIds: index === 0 ? runs.slice(0, 3).map(({ runId }) => runId) : [],
    path: `comparisons/${index}/index.html`,
    json: `comparisons/${index}/comparison.json`,
  }));
  const evaluations = Array.from({ length: 150 }, (_, index) => ({
    title: long,
    sentence: long,
    status: 'complete' as const,
    path: `evaluations/${index}/index.html`,
    json: `evaluations/${index}/evaluation.json`,
  }));
  writeOverviewPages(
    { site: { siteTitle: long, baseUrl: '' }, suites, runs, membershipsOf, boards, comparisons, evaluations },
    { write, writeOnce: write },
  );

  test('keep the first page below 300 kB', () => {
    expect(pages.get('index.html')!.length).toBeLessThan(300_000);
    expect(pages.get('index.html')).toContain('10,000 runs');
  });

  test('list every run once, newest first, in pages of bounded size', () => {
    const lists = [...pages]
      .filter(([path]) => /^runs\/(?:index|page-\d+)\.html$/.test(path))
      .sort(([left], [right]) => (left < right ? -1 : 1));
    const listed = lists.flatMap(([, html]) =>
      [...html.matchAll(/<code>([0-9a-f]{20})<\/code>/g)].map(([, runId]) => runId),
    );
    expect(listed).toEqual(runs.map(({ runId }) => runId).reverse());
    for (const [path, html] of pages) if (path.endsWith('.html')) expect(html.length, path).toBeLessThan(3_000_000);
  });

  test('rank the systems by score in index.json, all of them', () => {
    const {
      leaderboards: [board],
      runs: listed,
    } = JSON.parse(pages.get('index.json')!);
    expect(board.systems).toHaveLength(RUNS);
    expect(board.systems[0]).toMatchObject({ rank: 1, score: (RUNS - 1) / RUNS });
    expect(listed).toHaveLength(RUNS);
  });

  test('feed the newest fifty, with times from the records', () => {
    const feed = pages.get('feed.xml')!;
    const times = [...feed.matchAll(/<updated>([^<]+)<\/updated>/g)].map(([, time]) => Date.parse(time!));
    expect(times).toHaveLength(51);
    expect(times[0]).toBe(runs.at(-1)!.finished);
    expect(times.slice(1)).toEqual([...times.slice(1)].sort((left, right) => right - left));
    const ids = [
      ...feed.matchAll(/<id>(urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})<\/id>/g),
    ];
    expect(new Set(ids.map(([, id]) => id)).size).toBe(51);
  });
});
