/** A mask rule made ready to be compared with columns. */
import type { MaskRule } from '../policy.ts';
import { type CompiledScope, compileScope } from './compiled-scope.ts';
import { compilePattern, type Pattern } from './pattern.ts';

export interface CompiledMask extends CompiledScope {
  readonly mask: MaskRule;
  readonly columns: readonly Pattern[];
  readonly except: CompiledScope | null;
}

export function compileMask(mask: MaskRule): CompiledMask {
  const except = mask.except === undefined ? null : compileScope(mask.except);
  const columns = (mask.columns ?? []).map((written) => compilePattern('column', written));
  return { ...compileScope(mask), mask, columns, except };
}
