/**
 * Untrusted text (captions, labels, file names) made harmless for a terminal and for the logs of CI systems, which obey lines such as
 * `::error::` (GitHub), `##[section]` and `##vso[` (Azure), `##teamcity[` and escape sequences (GitLab's sections).
 */
import { singleLineText } from '../reports/untrusted-text.js';

/** One printable line; commands of CI systems are broken up. Never put it first on a line: callers print a word of their own before it. */
export function logText(text: string, limit = 200): string {
  return singleLineText(text, limit).replace(/##/g, '# #').replace(/::/g, ': :').trim();
}

/** JSON for stdout: `##` is escaped inside strings, so that a line of it cannot be a command. */
export function logJson(document: unknown): string {
  return JSON.stringify(document, null, 2).replace(/##/g, '#\\u0023');
}
