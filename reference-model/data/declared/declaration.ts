/**
 * How a data set lies on disk: which files hold the texts of each split, and where its images are. The data sets of the registry are
 * described this way, and so are those that users declare in YAML. Layouts of texts are recognised by their content.
 */

export const CAPTION_STYLES = ['human', 'ai'] as const;
export const DATA_FORMATS = ['files', 'webdataset', 'parquet'] as const;

/** Paths are relative to the data root. */
export interface SplitDeclaration {
  /** Files of captions, in any layout of references. */
  readonly captions?: readonly string[];
  /** Files of questions with answers, in any layout of references. */
  readonly questions?: readonly string[];
  /** Files of the questions' words, where the answers stand in files of their own (VQA v2). */
  readonly questionTexts?: readonly string[];
  /** Files of conversations in the layout of LLaVA. */
  readonly conversations?: readonly string[];
  /** Folder of the images. */
  readonly images?: string;
  /** How an image is called after the identifier that the texts give, such as `COCO_train2014_{id:12}.jpg`. */
  readonly imageName?: string;
  /** Tar or parquet files, folders of them, or names with a range such as `{00000..00012}`. */
  readonly shards?: readonly string[];
  /** Takes those records only whose own split is one of these. */
  readonly part?: readonly string[];
  /** Takes those images only whose file names this file lists, one a line. */
  readonly list?: string;
}

export interface DataDeclaration {
  /** `files`: texts and folders of images; the others hold both in shards. */
  readonly format: (typeof DATA_FORMATS)[number];
  /** Who wrote the captions. */
  readonly captionStyle: (typeof CAPTION_STYLES)[number];
  /** What the answers of conversations of one turn are, where they describe the image. */
  readonly conversationsAre?: 'captions' | 'dialogues';
  readonly splits: Readonly<Record<string, SplitDeclaration>>;
  /** Ids of images that are left out, with the reason for the record. */
  readonly exclude?: Exclusion;
}

export interface Exclusion {
  readonly imageIds: ReadonlySet<string>;
  /** SHA-256 over them, which enters the fingerprint. */
  readonly sha256: string;
}

/** Text files that a declaration names, each once, in its order. */
export function textFilesOf({ splits }: Pick<DataDeclaration, 'splits'>): readonly string[] {
  const files = Object.values(splits).flatMap(
    ({ captions = [], questions = [], questionTexts = [], conversations = [], list }) => [
      ...captions,
      ...questions,
      ...questionTexts,
      ...conversations,
      ...(list === undefined ? [] : [list]),
    ],
  );
  return [...new Set(files)];
}
