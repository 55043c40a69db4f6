/** Which states the SDK here can read. It says its own version nowhere but in a state that it writes. */
import { CountersignError } from '@countersign/core';
import { Agent, type Model, Runner, Usage } from '@openai/agents';

/** The SDK's schema from which on it refuses to resume what an older one wrote. */
const firstLasting = 21;

/** @throws {CountersignError} `state_outdated` for a state that the SDK here won't take. */
export async function checkSchemaVersion(parked: string, choices: string): Promise<void> {
  const here = await schemaVersion();
  if (!canRead(here, parked))
    throw new CountersignError('state_outdated', {
      what: `the run was parked by another version of the SDK (state schema ${parked}; here it is ${here})`,
      expected: choices,
    });
}

/** Whether an SDK that writes one version reads another: its own, and older ones where nothing was added since that it insists on. */
export function canRead(here: string, parked: string): boolean {
  if (here === parked) return true;
  const [[hereMajor, hereMinor], [parkedMajor, parkedMinor]] = [numbers(here), numbers(parked)];
  if (hereMajor !== parkedMajor || !(parkedMinor < hereMinor)) return false;
  return hereMinor < firstLasting || parkedMinor >= firstLasting;
}

function numbers(version: string): readonly [major: number, minor: number] {
  const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number);
  return [major, minor];
}

let known: Promise<string> | undefined;

/** The version that the SDK here writes. */
export function schemaVersion(): Promise<string> {
  known ??= writeOne();
  return known;
}

/** Plays a run that does nothing, on a model of its own, and looks at its state. */
async function writeOne(): Promise<string> {
  const said = { type: 'output_text', text: 'Done.' } as const;
  const model: Model = {
    getResponse: async () => ({
      usage: new Usage(),
      output: [{ type: 'message', role: 'assistant', status: 'completed', content: [said] }],
    }),
    getStreamedResponse: () => {
      throw new TypeError('not streamed');
    },
  };
  const { state } = await new Runner({ tracingDisabled: true }).run(new Agent({ name: 'probe', model }), '');
  return state.toJSON().$schemaVersion;
}
