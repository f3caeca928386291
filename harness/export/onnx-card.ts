/** The card of a model that is exported as graphs: how to ask it in JavaScript, and in what its answers may differ from those of the run. */
import type { QuantisedFormat } from '../../reference-model/checkpoint/onnx/quantised-layers.js';
import type { MaskKind } from '../../reference-model/model/config.js';
import { type CardRun, cardOf, readingSections } from './model-card.js';

export interface OnnxCardInput extends CardRun {
  /** Whether the run was evaluated by beam search. */
  readonly isBeam: boolean;
  readonly quantised?: QuantisedFormat;
  /** What was changed of tokenizer and template, as clauses. */
  readonly changes?: readonly string[];
}

/** Markdown with the front matter that the hub reads. */
export function onnxCard(input: OnnxCardInput): string {
  const { imageSize } = input.identity.config.model.vision;
  return cardOf(input, 'transformers.js', [
    `## Attention mask\n\n${maskText(input.mask)}`,
    ...readingSections(input, input.changes),
    '## Use\n\n' +
      '```js\n' +
      "import { AutoModelForImageTextToText, AutoProcessor, RawImage } from '@huggingface/transformers';\n\n" +
      'const processor = await AutoProcessor.from_pretrained(folder);\n' +
      `const model = await AutoModelForImageTextToText.from_pretrained(folder, { dtype: '${input.quantised ?? 'fp32'}' });\n` +
      "const content = [{ type: 'image' }, { type: 'text', text: 'describe this image.' }];\n" +
      "const text = processor.apply_chat_template([{ role: 'user', content }], { add_generation_prompt: true });\n" +
      'const inputs = await processor(await RawImage.read(image), text);\n' +
      'const output = await model.generate(inputs);\n' +
      'const answer = output.slice(null, [inputs.input_ids.dims.at(-1), null]);\n' +
      'console.log(processor.batch_decode(answer, { skip_special_tokens: true })[0]);\n' +
      '```\n\n' +
      `Images of ${imageSize} × ${imageSize} pixels are taken as they are; others are resized there by another filter than here.` +
      (input.isBeam ? ' Texts are greedy there: the scores below are those of beam search.' : ''),
  ]);
}

function maskText(mask: MaskKind): string {
  switch (mask) {
    case 'causal':
      return 'Every position sees those before it: texts are those of the run.';
    case 'visual-bidirectional':
      return (
        'Visual tokens of an image see each other both ways, as the model was trained: texts are those of the run. ' +
        'Embeddings have one channel more, from which the decoder knows them: it says of a visual token which one of its image it is, and −1 of any other.'
      );
    case 'prefix-bidirectional':
      return (
        'Image and question see each other both ways, as the model was trained: texts are those of the run. ' +
        'The decoder takes what is handed over in one call for a question, and a call of one token for its answer, as `generate` asks it. ' +
        'In a conversation hand over each further question in a call of its own, behind the keys and values of what was said before.'
      );
    default:
      return mask satisfies never;
  }
}
