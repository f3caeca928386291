/** Says on a page that scores are of a part of the images or questions only, from the signature that names the part. */

/** A sentence; undefined where all were scored. */
export function subsetSentence(signature: string): string | undefined {
  const [, subset, chosen, total] = /\|subset:((\d+)-of-(\d+)@[0-9a-f]+)/.exec(signature) ?? [];
  if (subset === undefined) return undefined;
  const what = signature.includes('|questions:') ? 'questions' : 'images';
  return `Only ${chosen} of ${total} ${what} were scored (subset ${subset}); scores compare over the same subset only.`;
}
