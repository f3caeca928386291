/** `vlm-bench publish`: a static site from records, offline; what has not changed since the last publish is not rendered again. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { printNote } from '../log-text.js';

interface PublishFlags {
  readonly out: string;
  readonly title?: string;
  readonly baseUrl?: string;
}

export function registerPublish(program: Command): void {
  program
    .command('publish')
    .description('make a static site from any number of records')
    .argument('<records...>', 'results folders, reproductions, single runs, comparisons, evaluations')
    .requiredOption('--out <site>', 'folder of the site; publish again into it to renew what changed')
    .option('--title <text>', 'title of the site')
    .addOption(
      new Option('--base-url <url>', 'address under which the site will stand, for the feed').argParser(baseUrl),
    )
    .action(async (records: readonly string[], flags: PublishFlags) => {
      const { publishSite } = await import('../publish/publish-site.js');
      const site = await publishSite(records, flags);
      for (const folder of site.unfinished) printNote(`left out, not finished: ${folder}`);
      printNote(
        `${site.suites} suites, ${site.runs} runs, ${site.comparisons} comparisons, ${site.evaluations} evaluations; ${site.rendered} parts rendered, ${site.kept} unchanged, ${site.removedFiles} files removed`,
      );
      printNote(site.page);
    });
}

function baseUrl(text: string): string {
  if (URL.canParse(text)) {
    const { protocol, href, search, hash } = new URL(text);
    if ((protocol === 'https:' || protocol === 'http:') && search === '' && hash === '') {
      return href.endsWith('/') ? href : `${href}/`;
    }
  }
  throw new InvalidArgumentError('It must be an http or https address without query and fragment.');
}
