/** The commands that run something. None of them is interactive: nobody sits there. */
import type { Effect } from '@countersign/core';
import { checkName } from '../names.ts';
import {
  type Command,
  command,
  dryRuns,
  effectsOn,
  type Given,
  isClientDryRun,
  isOf,
  malformed,
  nameOf,
  of,
  placesOf,
  prints,
} from './command.ts';
import { inPods } from './reading.ts';

function exec(given: Given): readonly Effect[] {
  const [pod = '', ...more] = given.args;
  if (pod === '' || more.length > 0 || given.rest === null || given.rest.length === 0)
    throw malformed('no pod, or a command that does not stand after --', 'exec POD -- COMMAND');
  return inPods(given, pod, 'exec');
}

/** A container in the pod, or a copy of the pod; on a node, a pod that has the whole node. */
function debug(given: Given): readonly Effect[] {
  const { flags, args } = given;
  const [word = '', ...more] = args;
  if (word === '' || more.length > 0) throw malformed('no pod, or more than one', 'debug POD');
  const [target] = placesOf(given, [word.includes('/') ? word : `pods/${word}`], 'never');
  if (target === undefined) throw malformed('no pod', 'debug POD');
  const copy = flags.value('copy-to');
  const inside = { action: 'execute', resource: nameOf(target) } as const;
  if (isOf(target, 'pods') && copy === null) return [inside];
  const made = of(given, 'pods', copy === null ? null : checkName(copy));
  return [
    inside,
    ...effectsOn([made], 'create'),
    ...(flags.isOn('replace') ? effectsOn([target], 'delete') : []),
  ];
}

function run(given: Given): readonly Effect[] {
  const { flags, args } = given;
  const [name = ''] = args;
  if (name === '' || flags.value('image') === null)
    throw malformed('no name or no --image', 'run NAME --image=IMAGE');
  if (isClientDryRun(given)) return [];
  const made = flags.isOn('expose') ? ['pods', 'services'] : ['pods'];
  return effectsOn(
    made.map((kind) => of(given, kind, checkName(name))),
    'create',
  );
}

export const pods: readonly Command[] = [
  command('exec', 'c/container= pod-running-timeout= q/quiet?', exec),
  command(
    'debug',
    `arguments-only? c/container= copy-to= env= image= image-pull-policy= keep-annotations? keep-init-containers?
    keep-labels? keep-liveness? keep-readiness? keep-startup? profile= q/quiet? replace? same-node? set-image=
    share-processes? target=`,
    debug,
  ),
  command(
    'run',
    `${prints} ${dryRuns} annotations= command? env= expose? image= image-pull-policy= l/labels= port= privileged? q/quiet?
    restart= save-config?`,
    run,
  ),
];
