/**
 * Counts password hashes as the platform sees them: calls of `deriveBits` and their iterations. Of the
 * 100,000 iterations of each only a few are made: at full strength hashing is most of what tests would
 * cost. What a hash is made of is proven with `hashInFull` (test/crypto/password-hash.test.ts).
 */
import { vi } from 'vitest'

const ITERATIONS = 100_000
const QUICK_ITERATIONS = 10

const calls: number[] = []
const original = crypto.subtle.deriveBits.bind(crypto.subtle)
let isQuick = true

/** For setup.ts: counts from zero, and hashes quickly. */
export function watchHashes(): void {
  calls.length = 0
  isQuick = true
  vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation((algorithm, ...more) => {
    const { iterations }: { iterations?: number } = Object(algorithm)
    calls.push(Number(iterations))
    const isPassword = iterations === ITERATIONS && isQuick
    const quick = { ...Object(algorithm), iterations: QUICK_ITERATIONS }
    return original(isPassword ? quick : algorithm, ...more)
  })
}

/** For files that hold hashes against those of others: every iteration is made. */
export const hashInFull = (): void => {
  isQuick = false
}

/** Returns the iterations of each call while `work` runs, and its result. */
export async function hashing<T>(work: () => Promise<T>): Promise<{ hashes: number[]; result: T }> {
  const before = calls.length
  const result = await work()
  return { hashes: calls.slice(before), result }
}

/** The iterations of every call since the start of the file. */
export const allHashes = (): readonly number[] => calls
