/** The public keys of an app, for `private_key_jwt` (RFC 7517, RFC 7518 section 6). */
import * as z from 'zod'

const MAX_KEYS = 10
/** What only private and secret keys have. One that comes here is no longer private, so it is refused. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
/** 2,048 bits. */
const MIN_MODULUS_CHARS = 342

const member = () => z.string().min(1).max(2000)
const base64Url = () => member().regex(/^[\w-]+$/)
const shared = () => ({
  kid: member().optional(),
  alg: member().optional(),
  use: z.literal('sig').optional(),
})

const publicKey = () =>
  z
    .looseObject({})
    .refine((key) => PRIVATE_MEMBERS.every((name) => !(name in key)), {
      message: 'This is a private or secret key. Give the public one',
      params: { code: 'private_key' },
    })
    .pipe(
      z.discriminatedUnion('kty', [
        z.object({
          kty: z.literal('EC'),
          crv: z.literal('P-256'),
          x: base64Url(),
          y: base64Url(),
          ...shared(),
        }),
        z.object({
          kty: z.literal('RSA'),
          n: base64Url().min(MIN_MODULUS_CHARS),
          e: base64Url(),
          ...shared(),
        }),
      ]),
    )

export const publicJwks = () => z.object({ keys: z.array(publicKey()).min(1).max(MAX_KEYS) })
