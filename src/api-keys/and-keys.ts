/** Acts that end sessions, a factor or a password can revoke the user's API keys in the same step. */
import * as z from 'zod'

const ABOUT = 'Whether the API keys of the user are revoked too'

/** For a body; nothing sent is no. */
export const andKeysFields = {
  keys: z.boolean().default(false).meta({ description: ABOUT }),
}

/** For the query of a DELETE. */
export const andKeysQuery = z.strictObject({
  keys: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .meta({ description: ABOUT }),
})
