/**
 * The caption metrics against published goldens and closed forms.
 */
import { describe, expect, it } from 'vitest';
import { bleu } from '../../metrics/captions/bleu.js';
import { scoreCaptions, whitespaceTokeniser } from '../../metrics/index.js';

describe('CIDEr-D', () => {
  it('gives the golden of the aac-metrics README', () => {
    const records = [
      {
        imageId: 'a',
        candidate: 'a man is speaking',
        references: [
          'a man speaks .',
          'someone speaks .',
          'a man is speaking while a bird is chirping in the background',
        ].map((text) => text.replace(' .', '')),
      },
      { imageId: 'b', candidate: 'rain falls', references: ['rain is falling hard on a surface'] },
    ];
    const { metrics } = scoreCaptions(records, { tokeniser: whitespaceTokeniser });
    expect(metrics['CIDEr-D']!.score).toBeCloseTo(0.96135, 5);
    expect(metrics['CIDEr-D']!.perImage[0]).toBeCloseTo(1.36405, 5);
    expect(metrics['CIDEr-D']!.perImage[1]).toBeCloseTo(0.55865, 5);
  });
});

describe('BLEU', () => {
  it('gives the golden of the counts of a full corpus', () => {
    const scores = bleu({
      candidateLength: 9893,
      referenceLength: 9855,
      guesses: [9893, 8893, 7893, 6893],
      matches: [5732, 2510, 1043, 423],
    });
    [0.5793996, 0.4043913, 0.2785364, 0.190829].forEach((expected, order) => {
      expect(scores[order]).toBeCloseTo(expected, 7);
    });
  });
});
