/**
 * One way in: whatever a first step was, sign-in/continue.ts decides what follows, and only it and
 * sign-in/second-factor-step.ts have sessions opened. A new way in that opened one itself would skip the
 * second factor, and fails here.
 */
import { expect, test } from 'vitest'

const files = Object.entries(
  import.meta.glob<string>('../../src/**/*.{ts,tsx}', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
).map(([path, source]) => ({ path: path.replace('../../src/', ''), source }))

const having = (text: RegExp) =>
  files
    .filter(({ path, source }) => !path.startsWith('sessions/object/') && text.test(source))
    .map(({ path }) => path)
    .sort()

test('reads the sources', () => {
  expect(files.length).toBeGreaterThan(200)
})

test('sessions and challenges are opened in the flow alone', () => {
  expect(having(/\bopenSession\b/)).toEqual(['sign-in/continue.ts'])
  expect(having(/\bopenChallenge\b/)).toEqual(['sign-in/continue.ts'])
  expect(having(/\bpassChallenge\b/)).toEqual(['sign-in/second-factor-step.ts'])
})

test('the answer with the tokens is made by the flow and by the refresh of a session alone', () => {
  expect(having(/\bsignInAnswer\(/)).toEqual([
    'sign-in/complete.ts',
    'sign-in/continue.ts',
    'sign-in/refresh.ts',
    'sign-in/second-factor-step.ts',
  ])
  expect(having(/\bsignAccessToken\(/)).toEqual([
    'sessions/tokens/access-token.ts',
    'sign-in/complete.ts',
  ])
})

test('a session is proved by step-up, and by turning on the second factor or adding a passkey', () => {
  expect(having(/\.prove\(/)).toEqual([
    'factors/totp/enable.ts',
    'passkeys/add.ts',
    'step-up/reauthenticate.ts',
  ])
})
