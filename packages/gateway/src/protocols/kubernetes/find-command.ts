/**
 * Which command a line names, found as kubectl finds it (by the rules of cobra): the first word that is neither a flag nor
 * a flag's value. A flag that is not known there is taken to have a value, so that `kubectl -A get pods` names `pods`.
 */
import { type FlagSet, flagSet, normalized } from './pflag.ts';

/** What any command takes. Those that no call may have are here, too, because they tell where the command stands. */
const everywhere = flagSet(
  'as= as-group= as-uid= cache-dir= certificate-authority= client-certificate= client-key= cluster= context=',
  'disable-compression? insecure-skip-tls-verify? kubeconfig= log-flush-frequency= match-server-version? n/namespace=',
  'password= profile= profile-output= request-timeout= s/server= tls-server-name= token= user= username= v/v= vmodule=',
  'warnings-as-errors? h/help?',
);

export interface Found {
  /** `rollout restart`; empty where the line names none. */
  readonly path: string;
  /** The line without the command's own words. */
  readonly words: readonly string[];
  /** The first word that could be a command and is none of those that are known. */
  readonly stranger: string | null;
}

/** @param next The command that a word names below another; null where it names none. */
export function findCommand(
  argv: readonly string[],
  next: (above: string, word: string) => string | null,
  flagsOf: (path: string) => FlagSet | null,
): Found {
  let [path, words] = ['', argv];
  for (;;) {
    const known = flagsOf(path);
    const word = firstWord(words, known);
    if (word === null) return { path, words, stranger: null };
    const below = next(path, word);
    if (below === null) return { path, words, stranger: word };
    words = without(words, word, known);
    path = below;
  }
}

/** Whether a flag takes the word after it. */
function takesNext(word: string, local: FlagSet | null): boolean {
  if (!word.startsWith('-') || word.includes('=') || (word.length !== 2 && !word.startsWith('--')))
    return false;
  const name = normalized(word);
  const spec = everywhere.get(name) ?? local?.get(name);
  return spec === undefined || spec.bare === null;
}

function firstWord(words: readonly string[], local: FlagSet | null): string | null {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') return null;
    if (takesNext(word, local)) {
      // A flag and its value at the end leave nothing.
      if (words.length - at - 1 <= 1) return null;
      at++;
    } else if (word !== '' && !word.startsWith('-')) return word;
  }
  return null;
}

function without(words: readonly string[], wanted: string, local: FlagSet | null): readonly string[] {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') return words;
    if (takesNext(word, local)) at++;
    else if (word === wanted) return words.toSpliced(at, 1);
  }
  return words;
}
