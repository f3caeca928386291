/**
 * Which examples stand in one sequence: questions about one image that follow each other share its visual tokens, so that the image is
 * encoded and read once for all of them. Captions stand alone.
 */
import type { Example } from './examples.js';

/** Examples about one image, in one sequence; a caption or a question that stands alone is a group of one. */
export type ImageGroup = readonly Example[];

/** @param most questions of a group; with one, every example stands alone */
export function imageGroups(examples: readonly Example[], most = 1): readonly ImageGroup[] {
  const groups: Example[][] = [];
  for (const example of examples) {
    const last = groups.at(-1);
    if (last !== undefined && last.length < most && isAboutSame(last[0]!, example)) last.push(example);
    else groups.push([example]);
  }
  return groups;
}

function isAboutSame(first: Example, second: Example): boolean {
  return first.sample === second.sample && first.source === second.source && isQuestion(second);
}

function isQuestion({ source }: Example): boolean {
  return source === 'questions' || source === 'open-questions';
}

/** Groups in their order, as many at a time as have up to `size` examples together, and at least one. */
export function packGroups<Item>(groups: readonly (readonly Item[])[], size: number): readonly (readonly Item[])[][] {
  const packs: (readonly Item[])[][] = [];
  let room = 0;
  for (const group of groups) {
    if (packs.length === 0 || group.length > room) {
      packs.push([]);
      room = size;
    }
    packs.at(-1)!.push(group);
    room -= group.length;
  }
  return packs;
}
