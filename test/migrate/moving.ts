/** An export on its whole way: converted, judged, imported through the API; and what people then may. */
import type { Converter } from '../../scripts/migrate/person.ts'
import { settle, type Settled } from '../../scripts/migrate/settle.ts'
import { readLines } from '../../src/user-admin/import-lines'
import { post, type Reply, said } from '../support/api'
import { importChunk, lines } from '../support/chunk'
import { mailTo, tokenIn } from '../support/mailbox'
import type { SignedInUser } from '../support/users'
import { postSignIn } from '../support/users-by-api'

const NOW = new Date('2026-06-01T00:00:00Z')

export const convert = (
  converter: Converter,
  files: Record<string, string>,
  roles: Record<string, string | string[]> = {},
): Settled => {
  const sources = Object.entries(files).map(([name, text]) => ({ name, text }))
  const ours = Object.entries(roles).map(([theirs, role]) => [theirs, [role].flat()] as const)
  return settle(converter(sources, NOW), new Map(ours), readLines)
}

/** What is told, as the command prints it. */
export const told = ({ people, leftOut, warnings }: Settled): string[] => [
  ...warnings,
  ...people.flatMap(({ at, notes }) => notes.map((note) => `${at}: ${note}`)),
  ...leftOut.map(({ at, reason }) => `${at}: LEFT OUT: ${reason}`),
]

export const importAll = (actor: SignedInUser, settled: Settled): Promise<Reply> =>
  importChunk(actor, lines(...settled.people.map(({ line }) => line)))

/** Signing in, in short: the status and the code of a problem. */
export const signIn = async (email: string, password: string): Promise<string> =>
  said(await postSignIn({ id: 0, email, password }))

export async function userOf(actor: SignedInUser, email: string): Promise<any> {
  const { body } = await actor.asks('GET', `/admin/users?search=${encodeURIComponent(email)}`)
  return body.items.find((user: any) => user.email === email)
}

export const NEW_PASSWORD = 'Tabulating-Mill-8'

/** Asks for a mail to choose a new password, and chooses one. */
export async function reset(email: string): Promise<void> {
  await post('/api/v1/auth/forgot-password', { email })
  const token = tokenIn(await mailTo(email), '/reset-password')
  const reply = await post('/api/v1/auth/reset-password', { token, new_password: NEW_PASSWORD })
  if (reply.status !== 200) throw new Error(`reset: ${JSON.stringify(reply.body)}`)
}
