/** The attention mask of an arm over a short example sequence, computed by the very rule that the model uses. */
import type { MaskKind } from '../../reference-model/model/config.js';
import { attentionRule } from '../../reference-model/model/masks.js';
import { imageTextSequence } from '../../reference-model/model/sequence.js';
import type { ArmView } from '../../reports/index.js';

const prompt = ['describe', 'this', 'image', '.'];
const answer = ['a', 'red', 'circle', '.', '<end>'];
/** Fewer than the model has, so that the picture stays readable. */
const visualTokens = 4;

export function maskPicture(maskKind: MaskKind): NonNullable<ArmView['mask']> {
  const sequence = imageTextSequence({
    image: 0,
    visualTokens,
    prompt: prompt.map(() => 0),
    answer: answer.map(() => 0),
  });
  const texts = [...Array.from({ length: visualTokens }, (_, index) => `patch ${index + 1}`), ...prompt, ...answer];
  const allowed = attentionRule(sequence, maskKind);
  return {
    kind: maskKind,
    tokens: sequence.map(({ role }, index) => ({ text: texts[index]!, kind: role })),
    allowed: sequence.map((_, query) => sequence.map((_, key) => allowed(query, key))),
  };
}
