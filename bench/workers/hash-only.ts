/** Password hashing alone, as crypto/password-hash.ts does it: `?rounds=6` is 600,000 iterations. */
export default {
  async fetch(request: Request): Promise<Response> {
    const rounds = Number(new URL(request.url).searchParams.get('rounds'))
    const salt = new Uint8Array(16)
    let material = new Uint8Array(32)
    for (let round = 0; round < rounds; round++) {
      const key = await crypto.subtle.importKey('raw', material, 'PBKDF2', false, ['deriveBits'])
      const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 100_000 }
      material = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256))
    }
    return new Response(material.toHex())
  },
}
