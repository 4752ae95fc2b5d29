/**
 * ASP.NET Core Identity's PasswordHasher (github.com/dotnet/aspnetcore,
 * src/Identity/Extensions.Core): PBKDF2 in base64. Version 3 starts with byte 1, then hash,
 * iterations and salt length in four bytes each, big-endian. Version 2 starts with byte 0 and has
 * fixed parameters.
 */
import { decodeBase64, isDigest, type ReadHash } from './format'
import { pbkdf2 } from './pbkdf2'

const HASHES = ['SHA-1', 'SHA-256', 'SHA-512']
const V3_HEAD_BYTES = 13
const V2 = { hash: 'SHA-1', iterations: 1000, saltBytes: 16, bytes: 49 }

export const readAspNet: ReadHash = (stored) => {
  // Looks only at the first byte: `A` is its first six bits, which are zero in both versions.
  if (!/^A[A-Za-z0-9+/]{60,}={0,2}$/.test(stored)) return undefined
  const bytes = decodeBase64(stored)
  if (bytes?.[0] === 0 && bytes.length === V2.bytes) {
    return pbkdf2({
      ...V2,
      salt: bytes.slice(1, 1 + V2.saltBytes),
      digest: bytes.slice(1 + V2.saltBytes),
    })
  }
  if (bytes?.[0] !== 1 || bytes.length < V3_HEAD_BYTES) return undefined
  const head = new DataView(bytes.buffer)
  const saltEnd = V3_HEAD_BYTES + head.getUint32(9)
  const digest = bytes.slice(saltEnd)
  if (saltEnd === V3_HEAD_BYTES || !isDigest(digest)) return 'hash_malformed'
  return pbkdf2({
    hash: HASHES[head.getUint32(1)],
    iterations: head.getUint32(5),
    salt: bytes.slice(V3_HEAD_BYTES, saltEnd),
    digest,
  })
}
