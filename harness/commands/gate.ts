/** `vlm-bench gate`: stops a regression of scores in CI; `gate accept` writes the baseline, `gate calibrate` proposes a margin. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.js';
import type { MinimumRequest } from '../gate/minimum.js';
import type { AcceptOptions, GateOptions } from '../gate/run-gate.js';
import { addScoring, bootstrapSeedOption, collect, jsonOption, resamplesOption } from './options.js';

function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a number of at least 0.');
}

function share(text: string): number {
  const value = Number(text);
  if (value > 0 && value < 1) return value;
  throw new InvalidArgumentError('It must be a number between 0 and 1.');
}

/** `X` or `METRIC=X`; the names of metrics may hold anything. */
function minimum(text: string, earlier: readonly MinimumRequest[] | undefined): readonly MinimumRequest[] {
  const [, metric, number = text] = /^(.+)=([^=]*)$/s.exec(text) ?? [];
  const value = Number(number);
  if (number.trim() === '' || !Number.isFinite(value)) {
    throw new InvalidArgumentError('It must be a number, or METRIC=X with a number X.');
  }
  return [...(earlier ?? []), { ...(metric === undefined ? {} : { metric }), minimum: value }];
}

function moment(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be a date such as 2026-01-31 or 2026-01-31T12:00:00Z.');
}

// `gate` has options of its own beside its subcommands, and commander gives an option that both know to `gate`; the subcommands
// therefore read their options together with those of `gate`.

/** What stands for a system's scores. */
function addCandidate(command: Command): Command {
  return command
    .option(
      '--candidate <paths...>',
      'run folder, RESULTS/SUITE#ARM, predictions, or scores file; several are retrained seeds',
    )
    .option('--label <name>', 'name of the candidate in reports');
}

const baselineOption = () => new Option('--baseline <file>', 'the committed baseline file');
const marginOption = () =>
  new Option('--margin <x>', 'loss that is a regression (default: the baseline’s)').argParser(nonNegative);

export function registerGate(program: Command): void {
  const gate = program
    .command('gate')
    .description(
      'hold a candidate against the accepted baseline or a minimum; exit 3 on regression or below the minimum, 4 if undecided',
    );
  addScoring(addCandidate(gate))
    .addOption(baselineOption())
    .option(
      '--metric <name>',
      'may be repeated; the first one gates, the others inform (default: the baseline’s)',
      collect,
    )
    .addOption(marginOption())
    .addOption(
      new Option(
        '--minimum <x>',
        'least score, with or without a baseline; of the metric that gates, or METRIC=X; may be repeated',
      ).argParser(minimum),
    )
    .addOption(resamplesOption())
    .addOption(bootstrapSeedOption())
    .option('--junit <file>', 'write JUnit XML')
    .option('--markdown <file>', 'write one Markdown comment, with thumbnails in a folder beside it')
    .option('--html <file>', 'write a self-contained page with the most regressed images')
    .option('--images <dir>', 'folder of image files for the thumbnails, named after the image ids')
    .option('--image-url <url>', 'where the Markdown’s readers find its thumbnails')
    .option('--github', 'annotate and append to the step summary of GitHub Actions')
    .option('--gitlab <file>', 'write a GitLab code quality report')
    .option('--gitlab-metrics <file>', 'write an OpenMetrics report')
    .addOption(jsonOption())
    .action(async (options: Partial<GateOptions>) => {
      requireOptions(options, ['candidate']);
      if (options.minimum === undefined) requireOptions(options, ['baseline'], ' (or --minimum X)');
      const { runGate } = await import('../gate/run-gate.js');
      process.exitCode = await runGate(options as GateOptions);
    });
  addScoring(addCandidate(gate.command('accept').description('make a candidate the baseline, with the reason')))
    .addOption(baselineOption())
    .option('--reason <text>', 'why; kept in the baseline file')
    .option('--metric <name>', 'the metric that gates (default: as before, or the candidate’s first)', collect)
    .addOption(marginOption())
    .option('--accepted-by <name>', 'who accepts (default: the user of git)')
    .addOption(new Option('--accepted-at <date>', 'when (default: now)').argParser(moment))
    .addOption(jsonOption())
    .action(async (_: unknown, command: Command) => {
      refuseForeignOptions(command);
      const options: Partial<AcceptOptions> = command.optsWithGlobals();
      requireOptions(options, ['baseline', 'candidate', 'reason']);
      const { runAccept } = await import('../gate/run-gate.js');
      await runAccept(options as AcceptOptions);
    });
  addScoring(gate.command('calibrate').description('propose a margin from systems that ought not to differ'))
    .argument('<systems...>', '[LABEL=]PATH[,PATH…] of each; retrained seeds of one recipe, for example')
    .option('--metric <name>', 'the metric (default: the first of the first system)', collect)
    .addOption(
      new Option('--false-alarms <share>', 'share of unchanged systems that may lose the margin')
        .argParser(share)
        .default(0.025),
    )
    .addOption(new Option('--confidence <share>', 'how sure that share is').argParser(share).default(0.9))
    .addOption(jsonOption())
    .action(async (systems: readonly string[], _: unknown, command: Command) => {
      refuseForeignOptions(command);
      const { runCalibrate } = await import('../gate/run-gate.js');
      await runCalibrate(systems, command.optsWithGlobals());
    });
}

/** What only `gate` itself understands is taken by it even where it stands behind a subcommand, which would then not see it. */
function refuseForeignOptions(command: Command): void {
  const { parent } = command;
  const known = new Set(command.options.map((option) => option.attributeName()));
  const foreign = (parent?.options ?? []).filter(
    (option) => parent?.getOptionValueSource(option.attributeName()) === 'cli' && !known.has(option.attributeName()),
  );
  if (foreign.length === 0) return;
  throw new UserError(
    foreign.map(({ long = '' }) => ({
      code: 'usage' as const,
      what: `gate ${command.name()} has no option ${long}`,
      fix: `leave it out, or give it to \`vlm-bench gate\` itself; see \`vlm-bench gate ${command.name()} --help\``,
    })),
    { exitCode: 2 },
  );
}

/** A required option of `gate` would be required of its subcommands too, so they are checked here. */
function requireOptions<Options extends object>(
  options: Options,
  names: readonly (keyof Options & string)[],
  instead = '',
): void {
  const missing = names.filter((name) => options[name] === undefined);
  if (missing.length === 0) return;
  throw new UserError(
    missing.map((name) => ({
      code: 'usage' as const,
      what: `required option '--${name}'${instead} not specified`,
      fix: 'see `vlm-bench gate --help`',
    })),
    { exitCode: 2 },
  );
}
