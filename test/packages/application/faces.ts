/** What the types of the public faces promise. Compiled only: here against the sources, and again against what is packed. */
import type * as agents from '@countersign/agents';
import type * as client from '@countersign/client';
import type * as core from '@countersign/core';
import type * as gateway from '@countersign/gateway';
import type * as policy from '@countersign/policy';
import type * as postgres from '@countersign/postgres';
import type * as testing from '@countersign/testing';

type Holds<Proposition extends true> = Proposition;
type Equal<A, B> = [A, B] extends [B, A] ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;

/** The members whose value, parameters or answer are `any`. */
type AnyIn<T> = {
  [Key in keyof T]-?: true extends IsAny<T[Key]>
    ? Key
    : T[Key] extends (...parameters: infer Parameters) => infer Answer
      ? true extends IsAny<Parameters[number]> | IsAny<Answer> | IsAny<Awaited<Answer>>
        ? Key
        : never
      : never;
}[keyof T];

type NoneAny<T> = Equal<AnyIn<T>, never>;

/** Nothing that a package exports is `any`, takes it or gives it. */
export type NothingIsAny = [
  Holds<NoneAny<typeof agents>>,
  Holds<NoneAny<typeof client>>,
  Holds<NoneAny<typeof core>>,
  Holds<NoneAny<typeof gateway>>,
  Holds<NoneAny<typeof policy>>,
  Holds<NoneAny<typeof postgres>>,
  Holds<NoneAny<typeof testing>>,
  Holds<NoneAny<agents.GatewayClient>>,
  Holds<NoneAny<agents.PendingCall>>,
  Holds<NoneAny<client.Client>>,
  Holds<NoneAny<core.ApprovalView>>,
  Holds<NoneAny<core.CallView>>,
  Holds<NoneAny<core.CountersignError>>,
  Holds<NoneAny<core.Decision>>,
  Holds<NoneAny<core.ExecuteView>>,
  Holds<NoneAny<core.Preview>>,
  Holds<NoneAny<gateway.Engine>>,
  Holds<NoneAny<gateway.Gateway>>,
  Holds<NoneAny<policy.LoadedFile>>,
  Holds<NoneAny<policy.Rule>>,
  Holds<NoneAny<postgres.Analyser>>,
  Holds<NoneAny<testing.ScriptedApprover>>,
  Holds<NoneAny<testing.TestGateway>>,
];

type Any = ReturnType<typeof JSON.parse>;

/** And one that did would be seen. */
export type AnyIsSeen = [
  Holds<Equal<AnyIn<{ a: string; b: Any; c: (x: Any) => void; d: () => Promise<Any> }>, 'b' | 'c' | 'd'>>,
];

export type Faces = [
  Holds<Equal<Parameters<typeof agents.guardedTool>, [options: agents.GuardedToolOptions]>>,
  Holds<Equal<ReturnType<agents.GatewayClient['park']>, Promise<string>>>,
  Holds<Equal<ReturnType<agents.GatewayClient['unpark']>, Promise<string>>>,
  Holds<Equal<ReturnType<agents.GatewayClient['pending']>, readonly agents.PendingCall[]>>,
  Holds<Equal<agents.CountersignError['code'], core.ErrorCode>>,
  Holds<Equal<core.ErrorCode, keyof typeof core.errorTable>>,
  Holds<Equal<core.CallView['decision'], core.Verdict>>,
  Holds<Equal<core.CallView['state'], core.CallState>>,
  Holds<Equal<ReturnType<client.Client['executeCall']>, Promise<core.ExecuteView>>>,
  Holds<Equal<ReturnType<typeof policy.decide>, core.Decision>>,
  Holds<Equal<ReturnType<postgres.Analyser['analyse']>, Promise<postgres.SqlAnalysis>>>,
  Holds<Equal<ReturnType<typeof testing.testGateway>, Promise<testing.TestGateway>>>,
];

declare const face: agents.GatewayClient;
declare const api: client.Client;
declare const call: core.CallView;
declare const guardedTool: typeof agents.guardedTool;

/** Mistakes that do not compile. */
export const mistakes = [
  // @ts-expect-error a tool without a gateway
  () => guardedTool({ sql: 'shop-db' }),
  // @ts-expect-error a tool without a connection
  () => guardedTool({ gateway: face }),
  // @ts-expect-error a tool for two connections
  () => guardedTool({ gateway: face, sql: 'shop-db', http: 'billing-api' }),
  // @ts-expect-error a call's id where an approval's belongs
  () => api.getApproval(call.id),
  // @ts-expect-error an id that nobody made
  () => api.getCall('call_1'),
  // @ts-expect-error an input digest where an approval's belongs
  () => api.vote('apr_1' as core.ApprovalId, { vote: 'approve', digest: call.input_digest }),
];
