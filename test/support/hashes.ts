/** Counts password hashes as the platform sees them: calls of `deriveBits` and their iterations. */
import { vi } from 'vitest'

const derive = vi.spyOn(crypto.subtle, 'deriveBits')

/** The iterations of each call while `work` runs, beside what it returns. */
export async function hashing<T>(work: () => Promise<T>): Promise<{ hashes: number[]; result: T }> {
  derive.mockClear()
  const result = await work()
  return { hashes: allHashes(), result }
}

/** The iterations of every call since the file began, or since `hashing` last did. */
export const allHashes = (): number[] =>
  derive.mock.calls.map(([algorithm]) => Number(Object(algorithm).iterations))
