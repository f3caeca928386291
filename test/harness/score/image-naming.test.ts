/** Which image a prediction means: a naming must explain all predictions, and where two do, the user is asked. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchImages } from '../../../harness/score/image-naming.js';
import { CANDIDATES, CIDER_D, REFERENCES } from './golden-captions.js';
import { runScore, writeFiles } from './score-command.js';

const karpathy = (images: readonly { readonly cocoid: number; readonly imgid: number }[]) => ({
  images: images.map(({ cocoid, imgid }, index) => ({
    cocoid,
    imgid,
    filename: `COCO_val2014_${String(cocoid).padStart(12, '0')}.jpg`,
    split: 'test',
    sentences: REFERENCES[index]!.map((raw) => ({ raw })),
  })),
});

async function score(references: unknown, names: readonly unknown[], ...options: readonly string[]) {
  const predictions = names.map((image_id, index) => ({ image_id, caption: CANDIDATES[index] }));
  const paths = writeFiles({ 'r.json': references, 'p.json': predictions });
  const result = await runScore(
    'captions',
    '--references',
    paths['r.json']!,
    '--predictions',
    paths['p.json']!,
    '--resamples',
    '0',
    '--json',
    ...options,
  );
  const folder = paths['r.json']!.slice(0, -'r.json'.length);
  return {
    document: result.stdout === '' ? undefined : JSON.parse(result.stdout),
    stderr: result.stderr.replaceAll(folder, ''),
    error: result.error?.replaceAll(folder, ''),
  };
}

describe('names of images', () => {
  it('are positions of the split although one of them is also the number of another image', async () => {
    const clash = karpathy([
      { cocoid: 391895, imgid: 0 },
      { cocoid: 0, imgid: 1 },
    ]);
    const { document, stderr } = await score(clash, [0, 1]);
    expect(document.metrics['CIDEr-D'].score).toBeCloseTo(CIDER_D, 5);
    expect(stderr).toContain('images are named by imgid');
  });

  it('are asked for where two namings explain all predictions and mean other images', async () => {
    const swapped = karpathy([
      { cocoid: 1, imgid: 0 },
      { cocoid: 0, imgid: 1 },
    ]);
    const { error } = await score(swapped, [0, 1]);
    expect(error).toContain('and mean other images');
    expect(error).toContain('add --image-key cocoid or --image-key imgid');
    const byPosition = await score(swapped, [0, 1], '--image-key', 'imgid');
    expect(byPosition.document.metrics['CIDEr-D'].score).toBeCloseTo(CIDER_D, 5);
    const byNumber = await score(swapped, [1, 0], '--image-key', 'cocoid');
    expect(byNumber.document.metrics['CIDEr-D'].score).toBeCloseTo(CIDER_D, 5);
    const unknown = await score(swapped, [0, 1], '--image-key', 'coco_id');
    expect(unknown.error).toContain('there is no name "coco_id" of images');
    expect(unknown.error).toContain('cocoid, filename, imgid');
  });

  it('are taken without a question where two namings mean the same', async () => {
    const equal = karpathy([
      { cocoid: 0, imgid: 0 },
      { cocoid: 1, imgid: 1 },
    ]);
    expect((await score(equal, [0, 1])).document.metrics['CIDEr-D'].score).toBeCloseTo(CIDER_D, 5);
  });

  it('do not change the identity of an image, so references have one fingerprint', async () => {
    const images = karpathy([
      { cocoid: 391895, imgid: 0 },
      { cocoid: 522418, imgid: 1 },
    ]);
    const signatures = [];
    for (const names of [
      [391895, 522418],
      [0, 1],
      ['COCO_val2014_000000391895.jpg', 'COCO_val2014_000000522418.jpg'],
    ]) {
      signatures.push((await score(images, names)).document.metrics['CIDEr-D'].signature);
    }
    expect(new Set(signatures).size).toBe(1);
  });

  it('that are numbers are noted where the numbers of file names mean other images', async () => {
    const crossed = {
      images: [
        { id: 1, file_name: '000002.jpg' },
        { id: 2, file_name: '000001.jpg' },
      ],
      annotations: REFERENCES.flatMap((captions, index) =>
        captions.map((caption) => ({ image_id: index + 1, caption })),
      ),
    };
    const { document, stderr } = await score(crossed, [1, 2]);
    expect(document.metrics['CIDEr-D'].score).toBeCloseTo(CIDER_D, 5);
    expect(stderr).toContain('note: images are named by id');
    expect(stderr).toContain('would mean other images');
  });

  it('that match nothing are shown beside those that are missing', async () => {
    const references = {
      annotations: REFERENCES.flatMap((captions, index) =>
        captions.map((caption) => ({ image_id: index + 1, caption })),
      ),
    };
    const { error } = await score(references, ['1.0', '2.0']);
    expect(error).toBe(
      'error: 2 images of the references have no prediction (1, 2), and 2 predictions match no image (1.0, 2.0)\n' +
        '  where:    p.json\n' +
        '  expected: names of images as in r.json: image_id such as 1; tried image_id\n' +
        '  fix:      name the images as the references do, or name the references and the split that the predictions belong to',
    );
  });
});

describe('a naming', () => {
  it('that explains all predictions is found, whatever else clashes', () => {
    const images = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(images, fc.integer({ min: 0, max: 100 }), fc.boolean(), (cocoids, first, byPosition) => {
        const references = cocoids.map((cocoid, index) => ({
          names: { cocoid: String(cocoid), imgid: String(first + index) },
        }));
        const field = byPosition ? 'imgid' : 'cocoid';
        const predictions = references.map(({ names }) => ({ names: { image_id: names[field] } }));
        const other = new Set(references.map(({ names }) => names[byPosition ? 'cocoid' : 'imgid']));
        const isAmbiguous =
          references.every(({ names }) => other.has(names[field])) &&
          cocoids.some((cocoid, index) => cocoid !== first + index);
        if (isAmbiguous)
          expect(() => matchImages(references, predictions, { where: 'p.json' })).toThrow('mean other images');
        else
          expect([...matchImages(references, predictions, { where: 'p.json' }).images]).toEqual([...references.keys()]);
      }),
    );
  });
});
