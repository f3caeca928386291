/**
 * Asks an exported folder of graphs through transformers.js, which is installed elsewhere, about every image of a folder:
 *
 *     node test/oracle/ask-with-transformers-js.js TRANSFORMERS_JS EXPORTED IMAGES DTYPE [RUN]
 *
 * TRANSFORMERS_JS is the folder in which `@huggingface/transformers` is installed. Compares texts with the captions that the run recorded,
 * if its record is named, and the top tokens of DTYPE with those of fp32, at the positions of answers and at all of them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [library, exported, images, dtype, run] = process.argv.slice(2);
const module = createRequire(join(library, 'package.json')).resolve('@huggingface/transformers');
const { AutoModelForImageTextToText, AutoProcessor, env, RawImage } = await import(pathToFileURL(module).href);
env.allowRemoteModels = false;
const PROMPT = 'describe this image.';

const processor = await AutoProcessor.from_pretrained(exported);
const full = await AutoModelForImageTextToText.from_pretrained(exported, { dtype: 'fp32' });
const model = await AutoModelForImageTextToText.from_pretrained(exported, { dtype });

/** Of every position. */
async function topTokens(of, inputs) {
  const { logits } = await of({ ...inputs });
  const [, length, width] = logits.dims;
  return Array.from({ length }, (_, place) => {
    const scores = logits.data.subarray(place * width, (place + 1) * width);
    return scores.indexOf(Math.max(...scores));
  });
}

/** Recorded texts by the beginning of the digest of their image, which is its name in the store. */
function recordedTexts() {
  if (run === undefined) return new Map();
  const lines = readFileSync(join(run, 'predictions.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const said = new Map(lines.filter(({ prompt }) => prompt === PROMPT).map(({ imageId, text }) => [imageId, text]));
  const examples = JSON.parse(readFileSync(join(run, 'examples.json'), 'utf8'));
  return new Map(examples.map(({ imageId, sha256 }) => [sha256.slice(0, 32), said.get(imageId)]));
}

const recorded = recordedTexts();
const count = { texts: 0, alike: 0, answers: 0, answersAlike: 0, positions: 0, positionsAlike: 0 };
for (const name of readdirSync(images).filter((file) => /\.(png|jpg)$/.test(file))) {
  const image = await RawImage.read(join(images, name));
  const content = [{ type: 'image' }, { type: 'text', text: PROMPT }];
  const text = processor.apply_chat_template([{ role: 'user', content }], { add_generation_prompt: true });
  const asked = await processor(image, text);
  const begin = asked.input_ids.dims.at(-1);
  const answerOf = async (of) =>
    processor.batch_decode((await of.generate(asked)).slice(null, [begin, null]), { skip_special_tokens: true })[0];
  const expected = recorded.get(name.slice(0, 32));
  if (run !== undefined && expected === undefined) continue;
  const answer = await answerOf(model);
  count.texts++;
  if (answer === (expected ?? (await answerOf(full)))) count.alike++;
  const inputs = await processor(image, text + answer);
  const [theirs, ours] = [await topTokens(full, inputs), await topTokens(model, inputs)];
  for (const [place, top] of theirs.entries()) {
    const isAlike = top === ours[place] ? 1 : 0;
    count.positions++;
    count.positionsAlike += isAlike;
    if (place < begin - 1) continue;
    count.answers++;
    count.answersAlike += isAlike;
  }
}
console.log(count);
