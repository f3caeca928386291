/** A text of everything that terminals and CI systems obey, and a look for it in what was printed. */

/** Without NUL, which neither an argument nor the name of a file can hold. */
export const hostileArgument = [
  'x\u001b[31mred\u001b]0;title\u0007',
  '::error file=a::owned',
  '  ::set-output name=a::b\r::add-mask::c',
  '##vso[task.complete]##[error]###[section]',
  "##teamcity[buildStop comment='x']",
  'a\u2028::b\u2029::c\u0085::d',
  '\u202eevil\u202c\u2066x\u2069\u200f\u061c\ufeff',
  '\u009b31m\u0008\u007f',
].join('\n');

export const hostileText = `${hostileArgument}\u0000\n::stop-commands::`;

// Control characters but the ends of lines and the tab, separators of lines, and what turns the direction of writing.
const unprintable = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}\uFEFF]/u;

/** Lines of a log that a terminal or the runner of GitHub, Azure, TeamCity or GitLab would obey. */
export function commandsIn(log: string): readonly string[] {
  return log
    .split('\n')
    .filter((line) => /^\s*::/.test(line) || /##(?:\[|vso\[|teamcity\[)/.test(line) || unprintable.test(line));
}
