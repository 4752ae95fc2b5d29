/** What we take from the runtime's Node compatibility: WebCrypto has no scrypt, and no synchronous hash. */
declare module 'node:crypto' {
  /** Throws when N*r*p is over the platform's cap or the memory over `maxmem`. */
  export function scryptSync(
    password: Uint8Array,
    salt: Uint8Array,
    keyBytes: number,
    options: { N: number; r: number; p: number; maxmem: number },
  ): Uint8Array

  export function createHash(algorithm: 'sha256'): {
    update(text: string): { digest(encoding: 'base64url'): string }
  }
}
