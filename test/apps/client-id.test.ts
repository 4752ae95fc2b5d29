import { expect, test } from 'vitest'
import { newClientId } from '../../src/apps/client-secret'

test('a client id never begins with a dash, which a command line would take for an option', () => {
  // One in 64 would.
  for (let i = 0; i < 3000; i++) expect(newClientId()).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
})
