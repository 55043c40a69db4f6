import { callStates, isFinished } from '@countersign/core';
import { expect, test } from '@jest/globals';
import { moves } from './machine.ts';

test('no move leaves a state that is finished', () => {
  for (const { from } of Object.values(moves))
    for (const state of from) expect(isFinished(state)).toBe(false);
});

test('every state but the first can be reached, and every open one can be left', () => {
  const reached = new Set<string>([...Object.values(moves).map(({ to }) => to), 'submitted', 'allowed']);
  const left = new Set<string>(Object.values(moves).flatMap(({ from }) => [...from]));
  for (const state of callStates) {
    expect(reached).toContain(state);
    if (!isFinished(state)) expect(left).toContain(state);
  }
});

test('never 02: nothing but an allowed or an approved call can be claimed, and nothing but a claimed one has an outcome', () => {
  expect(moves.claim.from).toEqual(['allowed', 'approved']);
  for (const move of [moves.succeed, moves.fail, moves.lose]) expect(move.from).toEqual(['claimed']);
});
