/** A result of the gate with any texts in it. */
import fc from 'fast-check';
import type { GateResult } from '../../../harness/gate/gate-result.js';
import type { GateVerdict } from '../../../harness/statistics/gate-decision.js';

/** Texts that try to break out of every output. */
export const hostileTexts = [
  '<script>alert(1)</script>',
  '</code></td></tr></table><img src=x onerror=alert(1)>',
  'a | b | c\n| --- |\n::error file=x::injected\n##[error]injected\n##vso[task.complete]',
  '\n\n::set-output name=x::y\n::add-mask::secret',
  ']]> <![CDATA[ x ]]> &amp; &#x0; %0A',
  '`code` **bold** [link](javascript:alert(1)) ![image](https://example.com/x.png) @everyone #1 https://example.com',
  '\u0000\u0001\u001b[31mred\u001b[0m\u0007\u000b\ufffe\ud800',
  '\u202etxet desrever\u202c \u2066x\u2069',
  '/close\n/label ~bug\n--> <!-- vlm-bench gate other.json -->',
  '"} # HELP\nvlm_bench_score{x="y"} 1\\',
  '##teamcity[buildStop]',
  'x'.repeat(1_000_000),
  '',
] as const;

export const anyText = fc.oneof(
  fc.constantFrom(...hostileTexts.filter(({ length }) => length < 1000)),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
);

export function resultWith(text: string, verdict: GateVerdict = 'regression'): GateResult {
  const image = (index: number) => ({
    imageId: `${index}${text}`,
    before: 1.5,
    after: 0.25,
    difference: -1.25,
    texts: [{ prompt: text, references: [text, 'a cat', text], before: text, after: text }],
  });
  const metric = {
    gates: true,
    higherIsBetter: true,
    signature: `CIDEr-D|version:1|${text}`,
    images: 200,
    baseline: 0.9,
    candidate: 0.85,
    baselineRecords: [0.9],
    candidateRecords: [0.85],
    difference: -0.05,
    low: -0.07,
    high: -0.03,
    p: 0.0004,
  };
  return {
    schemaVersion: 1,
    verdict,
    sentence: `CIDEr-D −0.0500: ${text}`,
    comparison: { verdict, sentence: `CIDEr-D −0.0500: ${text}` },
    minimums: [],
    metric: 'CIDEr-D',
    margin: { value: 0.02, origin: text },
    method: 'Paired bootstrap over images.',
    level: 0.95,
    resamples: 10_000,
    baseline: {
      file: 'baselines/captions.json',
      label: text,
      accepted: { by: text, at: '2026-01-02T03:04:05Z', reason: text, candidate: text, metric: 'CIDEr-D', score: 0.9 },
    },
    candidate: { label: text, paths: [text], records: 1, commit: '0123456789abcdef' },
    references: `1000@${text}`,
    metrics: [
      { name: 'CIDEr-D', ...metric },
      { name: 'ROUGE-L', ...metric, gates: false },
    ],
    regressed: Array.from({ length: 10 }, (_, index) => image(index)),
    images: { total: 200, lost: 90, won: 60, tied: 50 },
  };
}
