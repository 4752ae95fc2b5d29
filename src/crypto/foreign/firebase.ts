/**
 * Firebase's variant of scrypt (github.com/firebase/scrypt), in the format that Supabase and Hanko
 * import:
 * `$fbscrypt$v=1,n=<mem_cost>,r=<rounds>,p=1,ss=<base64_salt_separator>,sk=<base64_signer_key>$<salt>$<hash>`.
 */
import { sameBytes } from '../encoding'
import { decodeBase64, isDigest, type ReadHash } from './format'
import { costMs, derive, parametersOf } from './scrypt'

const FORM =
  /^\$fbscrypt\$v=1,n=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4})(?:,ss=([^,$]+))?,sk=([^,$]+)\$([^$]+)\$([^$]+)$/

export const readFirebaseScrypt: ReadHash = (stored) => {
  if (!stored.startsWith('$fbscrypt$')) return undefined
  const [, n = '', r = '', p = '', ss = '', sk = '', saltText = '', hash = ''] =
    FORM.exec(stored) ?? []
  const parameters = parametersOf(2 ** Number(n), r, p)
  const separator = ss === '' ? new Uint8Array() : decodeBase64(ss)
  const [key, salt, digest] = [decodeBase64(sk), decodeBase64(saltText), decodeBase64(hash)]
  if (!salt || !separator || !isDigest(digest) || key?.length !== digest.length)
    return 'hash_malformed'
  if (typeof parameters === 'string') return parameters
  return {
    costMs: costMs(parameters),
    async verify(password) {
      const aesKey = derive(parameters, password, new Uint8Array([...salt, ...separator]), 32)
      return sameBytes(await encrypt(aesKey, key), digest)
    },
  }
}

/** The last step: AES-256-CTR of the project's signer key, with a counter that starts at zero. */
async function encrypt(keyBytes: Uint8Array<ArrayBuffer>, plaintext: Uint8Array<ArrayBuffer>) {
  const key = await crypto.subtle.importKey('raw', keyBytes, 'AES-CTR', false, ['encrypt'])
  const algorithm = { name: 'AES-CTR', counter: new Uint8Array(16), length: 128 }
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plaintext))
}
