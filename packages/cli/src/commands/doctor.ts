/** `countersign doctor`: what is wrong, in plain words, and what to do about it. */
import { exitCodes } from '../exit-codes.ts';
import { type AddCommand, type CommonOptions, defaultFile } from '../options.ts';
import { withProgress } from '../terminal/progress.ts';

export const addDoctor: AddCommand = (program, host) => {
  const doctor = program
    .command('doctor')
    .description('look at the policy, the store and every connection, and say what is wrong')
    .option('-c, --config <file>', `the policy file; default: ${defaultFile}`)
    .option('--json', 'print one JSON document');
  doctor.action(async () => {
    const { config = defaultFile, json } = doctor.opts<CommonOptions>();
    const { terminal } = host;
    const { out, err } = terminal;
    const { examine } = await import('../doctor/examine.ts');
    const { reportInWords, totalInWords } = await import('../doctor/report-in-words.ts');
    const report = await withProgress(terminal, 'Looking at everything', () => examine(host, config));
    const { verdict, loaded, sections } = report;
    host.exit(loaded ? (verdict === 'problem' ? exitCodes.no : exitCodes.ok) : exitCodes.usage);
    if (json === true) return await out.line(JSON.stringify({ verdict, sections }, null, 2));
    for (const line of reportInWords(report, out)) await out.line(line);
    await err.line(totalInWords(report));
  });
};
