/** The card of an exported model: what it is, what it cannot do there, and all that its scores depend on. */
import { type MaskKind, visualTokensPerImage } from '../../reference-model/model/config.js';
import type { FinishedTraining } from '../records/run-record.js';

/** What a card is about. */
export interface CardRun extends Pick<FinishedTraining, 'identity' | 'provenance' | 'result'> {
  /** That the run was trained and evaluated with. */
  readonly mask: MaskKind;
}

export interface CardInput extends CardRun {
  /** Whether a layer of the encoder computes its last norm. */
  readonly hasNormLayer: boolean;
  /** Whether the embeddings got a row for the placeholder of images. */
  readonly hasPlaceholderRow?: boolean;
  /** What was changed of tokenizer and template, as clauses. */
  readonly changes?: readonly string[];
}

/** Markdown with the front matter that the hub reads. */
export function modelCard(input: CardInput): string {
  const { model } = input.identity.config;
  return cardOf(input, 'transformers', [
    maskSection(input),
    ...(input.hasNormLayer ? [normSection(model.vision.layers)] : []),
    ...readingSections(input, input.changes, input.hasPlaceholderRow),
    '## Use\n\n' +
      '```python\n' +
      'from transformers import AutoModelForImageTextToText, AutoProcessor\n\n' +
      'processor = AutoProcessor.from_pretrained(folder)\n' +
      'model = AutoModelForImageTextToText.from_pretrained(folder)\n' +
      'messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "describe this image."}]}]\n' +
      'text = processor.apply_chat_template(messages, add_generation_prompt=True)\n' +
      'inputs = processor(images=image, text=text, return_tensors="pt")\n' +
      'answer = model.generate(**inputs)[0, inputs["input_ids"].shape[1]:]\n' +
      'print(processor.decode(answer, skip_special_tokens=True))\n' +
      '```\n\n' +
      imagesNote(input),
  ]);
}

/** How images become what the model takes. */
function imagesNote({ identity }: CardRun): string {
  const { model, tokenizer } = identity.config;
  const { imageSize } = model.vision;
  return tokenizer === 'pretrained'
    ? 'Images go through the image processor of the weights, as in training; the fast variant of `transformers` resizes a little otherwise (`use_fast=False` gives the other).'
    : `Images of ${imageSize} × ${imageSize} pixels are taken as they are; others are resized there by another filter than here.`;
}

/** What every card says of a run, around the sections of one library. */
export function cardOf(input: CardRun, library: string, sections: readonly string[]): string {
  const { identity, result } = input;
  const { model } = identity.config;
  const all = [
    `---\nlibrary_name: ${library}\npipeline_tag: image-text-to-text\ntags: [vlm-bench, benchmark]\n---`,
    `# vlm-bench run ${result.runId}`,
    `A vision-language model of ${result.parameters.toLocaleString('en')} parameters, trained by vlm-bench as one run of an experiment: ` +
      `vision layers: ${model.vision.layers}, visual tokens of an image: ${visualTokensPerImage(model)}, ` +
      `language layers: ${model.language.layers}, vocabulary: ${model.language.vocabularySize}. ` +
      'It is made to compare ways of training; it describes the images of its data set and no others.',
    ...evidence(input),
    ...sections,
    provenanceSection(input),
    scoreSection(input),
  ];
  return `${all.join('\n\n')}\n`;
}

function evidence({ provenance }: CardRun): readonly string[] {
  if (provenance.smoke === true)
    return ['**A smoke run: it trained for a few steps only and is evidence of nothing.**'];
  if (provenance.pilot === true) return ['**A run of a pilot, from which nothing may be decided.**'];
  return [];
}

function maskSection({ mask }: CardRun): string {
  const text =
    mask === 'causal'
      ? 'Every position sees those before it, as in `transformers`: texts and scores are the same there.'
      : `The model was trained and evaluated with the mask \`${mask}\`: ` +
        `${mask === 'visual-bidirectional' ? 'visual tokens of an image see each other both ways' : 'image and question see each other both ways'}. ` +
        '`LlavaForConditionalGeneration` masks causally, whatever stands in its configuration, so that **this folder gives other texts and other scores than those below**.';
  return `## Attention mask\n\n${text}`;
}

/** What a card says of a run that reads as the weights did that it started from. */
export function readingSections(
  { identity }: CardRun,
  changes: readonly string[] = [],
  hasPlaceholderRow = false,
): readonly string[] {
  if (identity.config.tokenizer !== 'pretrained') return [];
  const row =
    'The placeholder of images had no row among the embeddings: the last one was added, the mean of all others, so that its score is never the highest. ';
  return [
    '## Tokenizer, chat template and image processor\n\n' +
      'They are those of the weights that the run started from, as its record keeps them. ' +
      (changes.length === 0 ? '' : `Besides, ${changes.join('; ')}. `) +
      (hasPlaceholderRow ? row : '') +
      'Requests are laid out by the template, which this run was trained with.',
  ];
}

function normSection(layers: number): string {
  return (
    '## Last layer of the encoder\n\n' +
    `A norm stands behind the layers of the encoder. The class of \`transformers\` takes features in front of that norm, so layer ${layers + 1} ` +
    'computes it: its attention is zero and its output is 2⁴⁰ times the norm, which the projector divides by. ' +
    'Scores are the same in float32; bfloat16 holds such numbers as well, float16 does not. Do not train that layer further.'
  );
}

function provenanceSection({ identity, provenance, result }: CardRun): string {
  const { config, dataFingerprint, codeVersion } = identity;
  const { git, statement, weights = [] } = provenance;
  const rows: readonly (readonly [string, string])[] = [
    ['run', `\`${result.runId}\`, a digest of configuration, data, code and engine`],
    ['data', `${config.data.name}, fingerprint \`${dataFingerprint}\``],
    ['seed', `${config.seed}`],
    ['stages', config.recipe.stages.map(({ name, steps }) => `${name} (${steps} steps)`).join(', ')],
    [
      'initial weights',
      `vision ${config.recipe.initialization.vision}, language ${config.recipe.initialization.language}`,
    ],
    ...weights.map(({ part, name, digest }) => [`weights of ${part}`, `${name}, digest \`${digest}\``] as const),
    [
      'code',
      `\`${codeVersion}\`${git === undefined ? '' : `, commit \`${git.commit}\`${git.dirtyDiff === null ? '' : ' with changes'}`}`,
    ],
    ['engine', `${provenance.engine.name}, ${provenance.engine.precision}, \`${provenance.engine.numerics}\``],
    ...(statement === undefined
      ? []
      : [
          [
            'suite',
            `\`${statement.suite}\`, ${statement.committed ? 'committed' : 'not committed'} before the run`,
          ] as const,
        ]),
  ];
  const table = rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n');
  return `## Provenance\n\n| | |\n|---|---|\n${table}`;
}

function scoreSection({ result, identity }: CardRun): string {
  const { split, captionImages, questions } = identity.config.evaluation;
  const rows = Object.entries(result.scores).map(
    ([id, score]) => `| ${id} | ${score.value} | \`${score.signature.replaceAll('|', '\\|')}\` |`,
  );
  return (
    '## Scores of this run\n\n' +
    `On the ${split} split of its data set (${captionImages} images, ${questions} questions), with the mask above, computed by vlm-bench. ` +
    'One run decides nothing: a verdict is drawn over seeds, from the records.\n\n' +
    `| measure | value | signature |\n|---|---|---|\n${rows.join('\n')}`
  );
}
