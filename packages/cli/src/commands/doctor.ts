/** `countersign doctor`: what is wrong, in plain words, and what to do about it. */
import { exitCodes } from '../exit-codes.ts';
import { type AddCommand, type CommonOptions, defaultFile, withFileOptions } from '../options.ts';
import { withProgress } from '../terminal/progress.ts';

export const addDoctor: AddCommand = (program, host) => {
  const doctor = program
    .command('doctor')
    .summary('what is wrong with policy, store and connections, and what to do')
    .description(
      'Looks at the policy file, the store and every connection, and says what is wrong and what to do about it. Changes nothing, and needs no gateway.',
    );
  withFileOptions(doctor, 'what is looked at is on this machine').action(async () => {
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
