/** Counts password hashes: calls of `deriveBits` and their iterations. */
import { vi } from 'vitest'

const calls: number[] = []
const original = Reflect.get(crypto.subtle, 'deriveBits')
vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation((...call) => {
  calls.push(Number(Object(call[0]).iterations))
  return Reflect.apply(original, crypto.subtle, call)
})

/** Returns the iterations of each call while `work` runs, and its result. */
export async function hashing<T>(work: () => Promise<T>): Promise<{ hashes: number[]; result: T }> {
  const before = calls.length
  const result = await work()
  return { hashes: calls.slice(before), result }
}

/** The iterations of every call since the start of the file. */
export const allHashes = (): readonly number[] => calls
