/**
 * CPU of a sign-in outside the password hash, by elimination: workerd's CPU for sign-ins at one hash
 * round, less one round of the same hash, which is what five more rounds cost divided by five. It holds
 * the Worker, D1, both objects, the queue and its consumer: all that a sign-in sets in motion.
 */
import autocannon, { type Request } from 'autocannon'
import { cpuMs } from '../runtime/process.ts'
import type { Served } from '../runtime/serve.ts'
import { median } from './rounds.ts'

const SIGN_INS = 100
const HASHES = 20
const REPEATS = 3
const SETTLE_MS = 1_500

async function cpuOf(url: string, requests: Request[], amount: number): Promise<number> {
  const before = cpuMs() ?? Number.NaN
  const result = await autocannon({ url, connections: 1, amount, requests })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} refused`)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return ((cpuMs() ?? Number.NaN) - before) / amount
}

/** Milliseconds a sign-in. NaN where the kernel tells no CPU. */
export async function loginCpu(served: Served, logins: Request[]) {
  const hash = async (rounds: number, amount: number) =>
    cpuOf(served.at('hash-only'), [{ path: `/?rounds=${rounds}` }], amount)
  const outside: number[] = []
  const perRound: number[] = []
  for (let i = 0; i < REPEATS; i++) {
    const all = await cpuOf(served.at('gatehouse-light'), logins, SIGN_INS)
    const round = ((await hash(6, HASHES)) - (await hash(1, HASHES))) / 5
    perRound.push(round)
    outside.push(all - round)
  }
  const told = (value: number) => (Number.isNaN(value) ? null : Number(value.toFixed(2)))
  return {
    login_cpu_outside_hash_ms: told(median(outside)),
    hash_cpu_ms: told(median(perRound) * 6),
  }
}
