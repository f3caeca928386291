/** Scores of a part of the images: never unasked, counted on the part alone, signed with it, and compared only over the same part. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { buildComparisonView } from '../../../harness/compare/build-comparison-view.js';
import { readCompareInputs } from '../../../harness/compare/compare-inputs.js';
import { acceptBaseline } from '../../../harness/gate/accept.js';
import { judge } from '../../../harness/gate/judge.js';
import { gatePageView } from '../../../harness/gate/page-view.js';
import { readBaseline } from '../../../harness/systems/baseline.js';
import { readSystem } from '../../../harness/systems/read-system.js';
import { fingerprintSubset, scoreAnswers, scoreCaptions } from '../../../metrics/index.js';
import { renderComparison } from '../../../reports/comparison/comparison-page.js';
import { renderGatePage } from '../../../reports/gate/gate-page.js';
import { captionFiles, newFolder, writeIn } from '../systems/system-files.js';
import { runScore } from './score-command.js';

const folder = newFolder();
const { images, references } = captionFiles(folder, 12);
const predictionsOf = (name: string, from: number, to: number) =>
  writeIn(
    folder,
    name,
    images.slice(from, to).map(({ imageId, candidate }) => ({ image_id: imageId, caption: candidate })),
  );
const firstEight = predictionsOf('first.json', 0, 8);
const lastEight = predictionsOf('last.json', 4, 12);
const all = predictionsOf('all.json', 0, 12);
const subset = { references, only: 'predicted' } as const;

describe('score --subset', () => {
  it('scores the predicted images with the idf of these alone, and says so', async () => {
    const args = ['captions', '--references', references, '--predictions', firstEight, '--resamples', '0', '--json'];
    expect((await runScore(...args)).error).toContain('error: 4 images of the references have no prediction');
    const { stdout, stderr } = await runScore(...args, '--subset');
    const part = fingerprintSubset(
      images.slice(0, 8).map(({ imageId }) => imageId),
      12,
    );
    const expected = scoreCaptions(images.slice(0, 8), { subset: part }).metrics['CIDEr-D']!;
    const { metrics, notes } = JSON.parse(stdout);
    expect(metrics['CIDEr-D'].score).toBeCloseTo(expected.score, 12);
    expect(metrics['CIDEr-D'].signature).toBe(expected.signature);
    expect(metrics['CIDEr-D'].signature).toContain(`|subset:${part}`);
    expect(notes).toContain(`8 of 12 images are scored: subset ${part}`);
    expect(stderr).toContain(`note: 8 of 12 images are scored: subset ${part}`);
  });

  it('changes nothing where all images are predicted', async () => {
    const args = ['captions', '--references', references, '--predictions', all, '--resamples', '0', '--json'];
    expect((await runScore(...args, '--subset')).stdout).toBe((await runScore(...args)).stdout);
  });

  it('does not pass over predictions for unknown images', async () => {
    const file = writeIn(folder, 'unknown.json', [
      { image_id: images[0]!.imageId, caption: 'x' },
      { image_id: 'nobody', caption: 'x' },
    ]);
    const { error } = await runScore('captions', '--references', references, '--predictions', file, '--subset');
    expect(error).toContain('1 prediction is for images that the references lack: nobody');
  });

  it('scores the answered questions', async () => {
    const questions = [0, 1, 2].map((question_id) => ({ question_id, image: 'x', question: 'is it?', answer: 'yes' }));
    const file = writeIn(folder, 'questions.json', questions);
    const given = writeIn(folder, 'answers.json', [
      { question_id: 2, answer: 'yes' },
      { question_id: 0, answer: 'no' },
    ]);
    const args = [
      'vqa',
      '--dataset',
      'pathvqa',
      '--references',
      file,
      '--predictions',
      given,
      '--resamples',
      '0',
      '--json',
    ];
    expect((await runScore(...args)).error).toContain('error: 1 question has no prediction: 1');
    const { metrics } = JSON.parse((await runScore(...args, '--subset')).stdout);
    const part = fingerprintSubset(['0', '2'], 3);
    const expected = scoreAnswers(
      [
        { questionId: '0', imageId: 'x', answer: 'yes', prediction: 'no', kind: 'yes/no' },
        { questionId: '2', imageId: 'x', answer: 'yes', prediction: 'yes', kind: 'yes/no' },
      ],
      { subset: part },
    ).overall;
    expect(metrics.overall).toMatchObject({ score: 0.5, questions: 2, signature: expected.signature });
    for (const { signature } of Object.values<{ signature: string }>(metrics))
      expect(signature).toContain(`|subset:${part}`);
  });
});

describe('a subset', () => {
  it('is compared with the same subset, and with no other', async () => {
    const same = await readCompareInputs([`a=${firstEight}`, `b=${firstEight}`], subset);
    const view = await buildComparisonView(same, { resamples: 200 });
    expect(view.metrics[0]!.pairs[0]!.difference).toBe(0);
    const part = fingerprintSubset(
      images.slice(0, 8).map(({ imageId }) => imageId),
      12,
    );
    expect(renderComparison(view)).toContain(`Only 8 of 12 images were scored (subset ${part})`);
    const other = await readCompareInputs([firstEight, lastEight], subset);
    await expect(buildComparisonView(other, { resamples: 200 })).rejects.toThrow('lacks 4 images');
  });

  it('of the images of other references does not compare with them', async () => {
    // The same eight images and references, once as a part and once as all there is.
    const whole = newFolder();
    const few = writeIn(whole, 'references.json', {
      annotations: images
        .slice(0, 8)
        .flatMap(({ imageId, references: own }) => own.map((caption) => ({ image_id: imageId, caption }))),
    });
    const one = await readSystem({ label: 'part', paths: [firstEight] }, subset);
    const other = await readSystem({ label: 'all', paths: [firstEight] }, { references: few });
    await expect(buildComparisonView({ systems: [one, other], published: [] }, { resamples: 200 })).rejects.toThrow(
      /nothing instead of subset:8-of-12@[\s\S]*score both on the same images/,
    );
  });

  test('gates against a baseline of the same subset, and its page says so', async () => {
    const candidate = await readSystem({ paths: [firstEight] }, subset);
    const file = join(folder, 'baseline.json');
    await acceptBaseline({ file, candidate, reason: 'x', by: 'Ann', at: new Date(0) });
    expect(readFileSync(file, 'utf8')).toContain('subset 8-of-12@');
    const baseline = await readBaseline(file);
    const result = judge({ baseline, file, candidate });
    expect(result.verdict).toBe('pass');
    expect(renderGatePage(gatePageView(result, new Map()))).toContain('Only 8 of 12 images were scored');
    const whole = await readSystem({ paths: [all] }, subset);
    expect(() => judge({ baseline, file, candidate: whole })).toThrow('has 4 images more');
  });
});

describe('compare --common', () => {
  it('scores the images that all files name, whatever they lack', async () => {
    const inputs = await readCompareInputs([firstEight, lastEight, all], { references }, { common: true });
    const part = fingerprintSubset(
      images.slice(4, 8).map(({ imageId }) => imageId),
      12,
    );
    const expected = scoreCaptions(images.slice(4, 8), { subset: part }).metrics['CIDEr-D']!;
    const [metric, ...others] = inputs.systems.map(({ metrics }) => metrics[0]!);
    expect(metric!.signature).toBe(expected.signature);
    expect(metric!.replicates[0]!.score).toBeCloseTo(expected.score, 12);
    for (const other of others) expect(other.replicates[0]!.score).toBe(metric!.replicates[0]!.score);
  });

  it('is no subset where all images are common', async () => {
    const [one] = (await readCompareInputs([`a=${all}`, `b=${all}`], { references }, { common: true })).systems;
    expect(one!.metrics[0]!.signature).not.toContain('subset');
  });

  it('needs predictions, references and an image in common', async () => {
    const scores = join(folder, 'scores.json');
    await runScore(
      'captions',
      '--references',
      references,
      '--predictions',
      all,
      '--resamples',
      '0',
      '--json',
      '--per-image',
      scores,
    );
    const common = (...paths: readonly string[]) => readCompareInputs(paths, { references }, { common: true });
    await expect(common(all, scores)).rejects.toThrow('is no file of predictions');
    await expect(common(predictionsOf('a.json', 0, 2), predictionsOf('b.json', 2, 4))).rejects.toThrow(
      'no image is in all files',
    );
    await expect(readCompareInputs([all, lastEight], undefined, { common: true })).rejects.toThrow(
      '--common needs references',
    );
  });
});
