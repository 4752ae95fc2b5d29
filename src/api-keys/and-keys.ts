/**
 * Request fields of actions that revoke sessions or change a factor or password: with `keys`, the
 * user's API keys are revoked in the same step.
 */
import * as z from 'zod'

const ABOUT = 'Whether to revoke the API keys of the user too'

/** For a request body; defaults to false. */
export const andKeysFields = {
  keys: z.boolean().default(false).meta({ description: ABOUT }),
}

/** For the query string of a DELETE. */
export const andKeysQuery = () =>
  z.strictObject({
    keys: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .meta({ description: ABOUT }),
  })
