/**
 * Removes hashes of the empty password, which Supabase wrote for social sign-ups until November
 * 2023. The import refuses a line with such a hash, so these users are imported without a password.
 * Only verifying a hash reveals this, which costs as much CPU as a sign-in, so all processors share
 * the work.
 */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { ImportRules } from './import-rules.ts'
import type { Settled } from './settle.ts'

/** This much work justifies a thread of its own. */
const MS_PER_WORKER = 1000

export async function withoutEmptyPasswords(
  settled: Settled,
  rules: Pick<ImportRules, 'verificationCostMs'>,
  say: (message: string) => void,
): Promise<Settled> {
  const hashes = [...new Set(settled.people.flatMap(({ line }) => line.hashed_password ?? []))]
  const totalMs = hashes.reduce((sum, hash) => sum + rules.verificationCostMs(hash), 0)
  const count = Math.min(availableParallelism(), Math.ceil(totalMs / MS_PER_WORKER))
  if (totalMs > 5 * MS_PER_WORKER) {
    const seconds = Math.ceil(totalMs / count / 1000)
    say(`checking ${hashes.length} password hashes for the empty password, about ${seconds} s ...`)
  }
  const shares = Array.from({ length: count }, (_, i) => hashes.filter((_, n) => n % count === i))
  const empty = new Set((await Promise.all(shares.map(emptyAmong))).flat())
  return {
    ...settled,
    people: settled.people.map((person) => {
      if (!empty.has(person.line.hashed_password ?? '')) return person
      return {
        ...person,
        line: { ...person.line, hashed_password: undefined },
        notes: [...person.notes, 'hashed_password not carried over: empty_password_hash'],
      }
    }),
  }
}

async function emptyAmong(hashes: readonly string[]): Promise<string[]> {
  const worker = new Worker(new URL('hash-worker.ts', import.meta.url), { workerData: hashes })
  const [empty] = (await once(worker, 'message')) as [string[]]
  return empty
}
