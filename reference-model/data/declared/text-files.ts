/** The text files of a data set: each is read once, whatever number of splits it serves, and leaves an entry in the manifest. */
import { join } from 'node:path';
import { fileSha256 } from '../../files/hashing.js';
import { unreadable } from '../../files/input-error.js';
import { readText } from '../../files/read-text.js';
import { requireRegularFile } from '../../files/regular-file.js';
import { type ManifestEntry, requireInside } from '../containers/container.js';
import { readContent } from '../containers/read-content.js';
import type { ReferencedImage } from '../layouts/caption-layout.js';
import { type Content, unwrapped } from '../layouts/content.js';
import type { ReferencedConversation } from '../layouts/dialogue.js';
import { refusal, requireIdentifier, requireObject, requireText } from '../layouts/fields.js';
import type { ReferencedQuestion } from '../layouts/question-layout.js';
import { captionLayoutOf, questionLayoutOf } from '../layouts/reference-layouts.js';
import { readDialogues } from '../llava/dialogues.js';

export class TextFiles {
  readonly manifest: ManifestEntry[] = [];
  private readonly root: string;
  private readonly kept = new Map<string, Promise<unknown>>();

  constructor(root: string) {
    this.root = root;
  }

  captions(file: string): Promise<readonly ReferencedImage[]> {
    return this.once(file, 'captions', async (path) => captionsIn(await readContent(path)));
  }

  questions(file: string): Promise<readonly ReferencedQuestion[]> {
    return this.once(file, 'questions', async (path) => questionsIn(await readContent(path)));
  }

  conversations(file: string): Promise<readonly ReferencedConversation[]> {
    return this.once(file, 'conversations', async (path) => readDialogues(await readContent(path)));
  }

  /** Words of questions by the identifier of the question, as VQA v2 keeps them apart from the answers. */
  questionTexts(file: string): Promise<ReadonlyMap<string, string>> {
    return this.once(file, 'question texts', async (path) => questionTextsIn(await readContent(path)));
  }

  /** File names of a list, one a line. */
  list(file: string): Promise<ReadonlySet<string>> {
    return this.once(file, 'list', async (path) => listIn(path));
  }

  private once<Result>(file: string, as: string, read: (path: string) => Promise<Result>): Promise<Result> {
    const key = `${as} ${file}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known as Promise<Result>;
    const path = join(this.root, requireInside(file, this.root));
    if (!this.manifest.some(({ name }) => name === file)) this.manifest.push(entryOf(file, path));
    const result = read(path);
    this.kept.set(key, result);
    return result;
  }
}

function entryOf(name: string, path: string): ManifestEntry {
  const bytes = requireRegularFile(path);
  try {
    return { name, bytes, sha256: fileSha256(path) };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Captions of any known layout. @throws InputError naming file, record and field */
export function captionsIn(content: Content): readonly ReferencedImage[] {
  const recognised = captionLayoutOf(content);
  return recognised.layout.read(recognised.content);
}

/** Questions of any known layout. @throws InputError naming file, record and field */
export function questionsIn(content: Content): readonly ReferencedQuestion[] {
  const recognised = questionLayoutOf(content);
  return recognised.layout.read(recognised.content);
}

function questionTextsIn(content: Content): ReadonlyMap<string, string> {
  const records = unwrapped(content, ['questions', 'data']);
  if (records.kind !== 'records') {
    throw refusal('the file holds no list of questions', content.file, 'an object with a list called questions');
  }
  const texts = new Map<string, string>();
  for (const { value, where } of records.records) {
    const fields = requireObject(value, where);
    const id = requireIdentifier(fields, ['question_id'], where);
    if (texts.has(id)) throw refusal(`question ${id} occurs twice`, where, 'each question once');
    texts.set(id, requireText(fields, ['question'], where));
  }
  return texts;
}

/** @throws InputError where the list names nothing */
function listIn(path: string): ReadonlySet<string> {
  const lines = readText(path)
    .split(/\r?\n/)
    .map((line) => line.trim());
  const names = new Set(lines.filter((line) => line !== ''));
  if (names.size === 0) throw refusal('the list is empty', path, 'the name of one image on each line');
  return names;
}
