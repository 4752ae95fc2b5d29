/**
 * What of a sign-in's CPU is its password hash. Sign-ins at six rounds of the hash and at one are asked
 * in the same rounds over as many connections, so that five rounds of the hash are all they differ by.
 * The rest holds the Worker, D1, both objects, the queue and its consumer: all that a sign-in sets in
 * motion.
 */
import { median } from './median.ts'

/** Milliseconds a sign-in; together they are the sign-in's. Null where the kernel tells no CPU. */
export function loginCpu(rounds: ReadonlyMap<string, readonly { readonly cpu: number }[]>) {
  const cpu = (target: string) => (rounds.get(target) ?? []).map((sample) => sample.cpu)
  const [six, one] = [cpu('login'), cpu('login_one_round')]
  // A sign-in at one round less one round, which is a fifth of what the two differ by.
  const outside = median(one.map((light, i) => light - ((six[i] ?? Number.NaN) - light) / 5))
  const told = (value: number) => (Number.isNaN(value) ? null : Number(value.toFixed(1)))
  return {
    login_cpu_outside_hash_ms: told(outside),
    hash_cpu_ms: told(median(six) - outside),
  }
}
