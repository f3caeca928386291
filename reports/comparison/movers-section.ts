/** Images that moved most between two systems, with what was said: every text cut to a length, pictures only as image data. */
import { decimalsFor, formatFixed, formatSigned } from '../numbers.js';
import { safeImageData } from '../safe-links.js';
import { cutText } from '../untrusted-text.js';
import type { MovedImageView, MoversView } from './comparison-view.js';
import type { SystemStyle } from './system-style.js';

/** Texts shown of one image; an image may have hundreds of questions. */
const TEXTS = 6;
const REFERENCES = 8;
const RECORDS = 4;

export function moversSection(movers: readonly MoversView[], styles: ReadonlyMap<string, SystemStyle>) {
  return movers.flatMap(({ system, against, gains, losses }, index) => {
    const [first, second] = [styles.get(against)!, styles.get(system)!];
    const group = (kind: 'gains' | 'loses', images: readonly MovedImageView[]) => ({
      id: `movers-${index + 1}-${kind}`,
      title: `Where ${second.name} ${kind} most against ${first.name}`,
      first: first.label,
      second: second.label,
      images: images.map((image) => movedImage(image)),
    });
    return [group('gains', gains), group('loses', losses)].filter(({ images }) => images.length > 0);
  });
}

function movedImage({ imageId, picture, before, after, texts }: MovedImageView) {
  const decimals = decimalsFor([before, after]);
  return {
    imageId,
    picture: safeImageData(picture) ?? '',
    before: formatFixed(before, decimals),
    after: formatFixed(after, decimals),
    difference: formatSigned(after - before, decimals),
    texts: texts.slice(0, TEXTS).map((said) => ({
      prompt: cut(said.prompt),
      references: said.references.slice(0, REFERENCES).map((reference) => cut(reference)),
      furtherReferences: Math.max(0, said.references.length - REFERENCES),
      before: outputs(said.before),
      after: outputs(said.after),
    })),
    further: furtherTexts(texts.length - TEXTS),
  };
}

function furtherTexts(count: number): string {
  if (count <= 0) return '';
  return count === 1 ? '1 further text of this image is' : `${count} further texts of this image are`;
}

function outputs(texts: readonly string[]) {
  if (texts.length === 0) return ['not recorded'];
  const distinct = [...new Set(texts)];
  const shown = distinct.slice(0, RECORDS).map((text) => (text.trim() === '' ? '(empty)' : cut(text)));
  const further = distinct.length - RECORDS;
  return further > 0 ? [...shown, `(${further} further ${further === 1 ? 'text' : 'texts'})`] : shown;
}

function cut(text: string): string {
  const { shown, omitted } = cutText(text, 400);
  return omitted > 0 ? `${shown}… (${omitted} more characters in comparison.json)` : shown;
}
